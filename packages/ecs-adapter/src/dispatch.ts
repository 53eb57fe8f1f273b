/** A run of one group: handed out, waited for, and judged by what was done of it. */
import {
  BOARD_ARGS,
  BOARD_ARGS_BYTE_LENGTH,
  BOARD_BELL,
  BOARD_CHUNK_LENGTH,
  BOARD_COUNT,
  BOARD_CURSOR,
  BOARD_IDS,
  BOARD_SYSTEM,
  CHUNK_CAPACITY,
  CHUNK_GIVER,
  CHUNK_RUN,
  CURSOR_END,
  chunkWord,
  LINE_DONE,
  LINE_ERROR,
  LINE_ERROR_BYTE_LENGTH,
  LINE_ERROR_RUN,
  LINE_LEFT,
  LINE_TICKET,
  type SystemFailure,
} from './board.ts'
import type { Crew, Member } from './crew.ts'
import {
  invalidArgument,
  noWorkers,
  type Range,
  RunError,
  runNotBegun,
  runTimedOut,
  systemFailed,
  workerDied,
} from './errors.ts'
import { loadJson } from './json.ts'
import { RunCommands } from './run-commands.ts'
import { checkedCount, RunInput } from './run-input.ts'
import type { BegunRun } from './runs.ts'
import type { Storage } from './storage-api.ts'
import { elapsedMs, nowMs, untilTrue, Waiter } from './wait.ts'

export interface ChunkOptions {
  /**
   * How many entities a worker takes at a time: at least a 1024th of all. By default a 16th of its
   * share, so that uneven ones are spread.
   */
  readonly chunkLength?: number
}

const CHUNKS_PER_WORKER = 16
/** Tickets are positive. */
const RUN_MAX = 2 ** 30

export class Dispatch implements BegunRun {
  /** Of the last run. */
  readonly #commands: RunCommands
  readonly #crew: Crew
  readonly #storage: Storage
  readonly #input: RunInput
  readonly #waiter = new Waiter()
  #run = 0
  #startedAt = 0
  #system = ''
  #participants: readonly Member[] = []
  #count = 0
  #chunkLength = 1
  #chunkCount = 0

  constructor(crew: Crew, storage: Storage) {
    this.#crew = crew
    this.#storage = storage
    this.#commands = new RunCommands(crew, storage)
    this.#input = new RunInput(storage.pool)
  }

  /** Of those that were applied last. */
  get skippedCommands(): number {
    return this.#commands.skippedCount
  }

  applyCommands(): void {
    this.#commands.apply()
  }

  dropCommands(): void {
    this.#commands.drop()
  }

  /** Starts a run; the last one is done. Nothing has begun when it throws. */
  begin(
    system: string,
    entities: ArrayLike<number>,
    args: unknown,
    { chunkLength }: ChunkOptions,
  ): void {
    const { words, board, members, systems } = this.#crew
    if (members.length === 0) throw noWorkers()
    const index = systems.indexOf(system)
    if (index === -1) throw invalidArgument('the system', system, `one of ${systems.join(', ')}`)
    const count = checkedCount(entities)
    const length = chunkLength ?? Math.ceil(count / (CHUNKS_PER_WORKER * members.length))
    if (chunkLength !== undefined && !(Number.isInteger(length) && length > 0)) {
      throw invalidArgument('chunkLength', chunkLength, 'a whole number of entities above 0')
    }
    this.#storage.publish()
    this.#input.place(entities, args)
    words[board + BOARD_IDS] = this.#input.idsOffset
    words[board + BOARD_ARGS] = this.#input.argsOffset
    words[board + BOARD_ARGS_BYTE_LENGTH] = this.#input.argsByteLength

    this.#system = system
    this.#participants = members
    this.#count = count
    // Of a whole number that the board's word has room for.
    this.#chunkLength = Math.max(1, Math.min(length, count), Math.ceil(count / CHUNK_CAPACITY))
    this.#chunkCount = Math.ceil(count / this.#chunkLength)
    this.#run = (this.#run % RUN_MAX) + 1
    this.#commands.begin(this.#run, members)
    words[board + BOARD_SYSTEM] = index
    words[board + BOARD_COUNT] = count
    words[board + BOARD_CHUNK_LENGTH] = this.#chunkLength
    Atomics.store(words, board + BOARD_CURSOR, 0)
    for (let i = 0; i < members.length; i++) {
      Atomics.store(words, this.#crew.word(members[i], LINE_TICKET), this.#run)
    }
    this.#startedAt = nowMs()
    this.#crew.wake()
  }

  /** Whether nobody works on the run any more. */
  isDone(): boolean {
    for (let i = 0; i < this.#participants.length; i++) {
      if (!this.#isDoneWith(this.#participants[i])) return false
    }
    return true
  }

  /** Blocks; false when it is the deadline, and workers are still at it. */
  waitUntilDone(deadline: number): boolean {
    const { words, board } = this.#crew
    for (;;) {
      const bell = Atomics.load(words, board + BOARD_BELL)
      if (this.isDone()) return true
      const remainingMs = remainingOf(deadline)
      if (remainingMs <= 0) return false
      this.#waiter.waitWhile(words, board + BOARD_BELL, bell, remainingMs)
    }
  }

  /** As `waitUntilDone`, without blocking. */
  async untilDone(deadline: number): Promise<boolean> {
    const { words, board } = this.#crew
    const isOver = () => this.isDone() || remainingOf(deadline) <= 0
    await untilTrue(words, board + BOARD_BELL, isOver)
    return this.isDone()
  }

  /** Lets nobody take any more of the run, and gives the error that tells what is left. */
  timedOut(): RunError {
    const { words, board } = this.#crew
    Atomics.store(words, board + BOARD_CURSOR, CURSOR_END)
    return runTimedOut(this.#system, elapsedMs(this.#startedAt, nowMs()), this.#unfinished())
  }

  holdsUp(system: string, entities: ArrayLike<number>): RunError {
    const { words, board } = this.#crew
    Atomics.store(words, board + BOARD_CURSOR, CURSOR_END)
    return runNotBegun(system, this.#system, [{ from: 0, to: checkedCount(entities) }])
  }

  /**
   * Of a run that is done: applies the commands of all chunks that are done, and of no worker that has
   * died; throws when the run did not end as it should.
   */
  conclude(): void {
    const failure = this.#commands.tryApply()
    try {
      this.#checkOutcome()
    } catch (error) {
      if (error instanceof RunError) error.commandsError = failure
      throw error
    }
    if (failure !== undefined) throw failure
  }

  #checkOutcome(): void {
    for (let i = 0; i < this.#participants.length; i++) {
      if (this.#hasFailed(this.#participants[i])) this.#throwFailure()
    }
    let isWhole = true
    let hasLostCommands = false
    for (let chunk = 0; chunk < this.#chunkCount; chunk++) {
      const isDone = this.#isChunkDone(chunk)
      if (isDone && !this.#isChunkLost(chunk)) continue
      isWhole = false
      if (isDone) hasLostCommands = true
    }
    if (!isWhole) throw workerDied(this.#system, this.#unfinished(), hasLostCommands)
  }

  dispose(): void {
    const { runs } = this.#storage
    if (runs.last === this) runs.last = undefined
    this.#input.dispose()
  }

  #isDoneWith(member: Member): boolean {
    const { words, board } = this.#crew
    if (Atomics.load(words, this.#crew.word(member, LINE_DONE)) === this.#run) return true
    if (!this.#crew.has(member)) return true
    if (Atomics.load(words, this.#crew.word(member, LINE_LEFT)) === 1) return true
    if (Atomics.load(words, board + BOARD_CURSOR) < this.#chunkCount) return false
    // Nothing is left for one that has not even begun.
    const ticket = this.#crew.word(member, LINE_TICKET)
    const before = Atomics.compareExchange(words, ticket, this.#run, 0)
    return before === this.#run || before === 0
  }

  /** Of one who is dead, no report is left. */
  #hasFailed(member: Member): boolean {
    const { words } = this.#crew
    const isAlive = this.#crew.has(member)
    return isAlive && words[this.#crew.word(member, LINE_ERROR_RUN)] === this.#run
  }

  #isChunkDone(chunk: number): boolean {
    return this.#crew.words[this.#crew.board + chunkWord(chunk, CHUNK_RUN)] === this.#run
  }

  /** Of a chunk that is done: whether it gave commands, and they went with its worker. */
  #isChunkLost(chunk: number): boolean {
    const { words, board } = this.#crew
    const line = words[board + chunkWord(chunk, CHUNK_GIVER)] - 1
    if (line === -1) return false
    for (let i = 0; i < this.#participants.length; i++) {
      const member = this.#participants[i]
      if (member.line === line) return !this.#crew.has(member)
    }
    return false
  }

  #unfinished(): Range[] {
    const ranges: Range[] = []
    for (let chunk = 0; chunk < this.#chunkCount; chunk++) {
      if (this.#isChunkDone(chunk) && !this.#isChunkLost(chunk)) continue
      const from = chunk * this.#chunkLength
      const to = Math.min(from + this.#chunkLength, this.#count)
      const last = ranges.at(-1)
      if (last?.to === from) ranges[ranges.length - 1] = { from: last.from, to }
      else ranges.push({ from, to })
    }
    return ranges
  }

  /** Of several systems that threw, the one in the first chunk is told of. */
  #throwFailure(): never {
    const { words } = this.#crew
    const failures = this.#participants
      .filter((member) => this.#hasFailed(member))
      .map((member) => {
        const byteLength = words[this.#crew.word(member, LINE_ERROR_BYTE_LENGTH)]
        return loadJson(words, words[this.#crew.word(member, LINE_ERROR)], byteLength)
      })
    const [first] = (failures as SystemFailure[]).sort((a, b) => a.from - b.from)
    const { name, message, stack, from } = first
    const cause = Object.assign(new Error(message), { name, stack })
    throw systemFailed(this.#system, from, this.#unfinished(), cause)
  }
}

/** Milliseconds until a deadline, which may be infinite. */
function remainingOf(deadline: number): number {
  return deadline === Number.POSITIVE_INFINITY ? deadline : elapsedMs(nowMs(), deadline)
}
