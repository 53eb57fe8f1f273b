// What commander asks to read the value of a flag.
import { InvalidArgumentError } from 'commander'

export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
}

export function positive(most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (value > 0 && value <= most) return value
    throw new InvalidArgumentError(`Expected a number above 0, up to ${most}.`)
  }
}

export const SEED_MAX = 2 ** 32 - 1
/** Of simulated time. */
export const SECONDS_MAX = 86_400
