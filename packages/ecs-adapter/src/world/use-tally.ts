/**
 * Whether a component is used in a world that its storage does not serve, where nothing makes its rows.
 *
 * Of such a world bitECS tells nothing. But it asks a component whether it is a pair, once for each entity that
 * gets it and for each that loses it by `removeComponent`, in whatever world. In the storage's own worlds,
 *
 *     times asked <= entities that got it + entities that lost it = 2 * entities that got it - those that have it
 *
 * at any time, also in the middle of an addition. What goes beyond comes from another world. Entities that are
 * removed whole are not asked about: each hides one use, and what is reported is always there.
 */
export class UseTally {
  /**
   * Times asked - 2 * entities that got it. An addition that bitECS is given twice counts once. To be changed in
   * place: a call that V8 does not inline shows in every addition.
   */
  balance = 0
  #reportedCount = 0

  /**
   * Whether another world has used it since this was true last, as far as that is seen.
   * @param ownerCount those that have the component
   */
  isUsedElsewhere(ownerCount: number): boolean {
    const count = this.balance + ownerCount
    if (count <= this.#reportedCount) return false
    this.#reportedCount = count
    return true
  }

  reset(): void {
    this.balance = 0
    this.#reportedCount = 0
  }
}
