// The uniform grid: which boids are in which cell. It is rebuilt every step, in scratch memory.
//
// A row is `side` cells in a line along x. Boids are sorted by cell, row after row, so that what is
// in three neighbouring cells of a row is one slice of the sorted arrays. A boid's place in them is
// its slot.

/** Boids are counted in so many parts, at most: no two threads count in the same memory. */
const PART_COUNT_MAX = 16
const CACHE_LINE_BYTE_LENGTH = 64

export interface GridShape {
  readonly boidCount: number
  /** Cells along each edge of the space. */
  readonly side: number
  readonly rowCount: number
  /** Words of a row: one for each cell, and one behind the last. */
  readonly stride: number
  /** A part is so many chunks of the table, one after the other. */
  readonly chunksPerPart: number
  readonly partCount: number
}

/** @param boidsPerCell on average, at most */
export function createGridShape(
  boidCount: number,
  boidsPerCell: number,
  chunkCapacity: number,
): GridShape {
  let side = 3
  while (side * side * side * boidsPerCell < boidCount) side++
  const chunkCount = Math.max(1, Math.ceil(boidCount / chunkCapacity))
  const chunksPerPart = Math.ceil(chunkCount / PART_COUNT_MAX)
  const partCount = Math.ceil(chunkCount / chunksPerPart)
  return { boidCount, side, rowCount: side * side, stride: side + 1, chunksPerPart, partCount }
}

/** Whole cache lines, and one more: so that no two arrays lie whole pages apart. */
const byteLengthOf = (length: number) =>
  (Math.ceil((length * 4) / CACHE_LINE_BYTE_LENGTH) + 1) * CACHE_LINE_BYTE_LENGTH

/** How much memory a grid takes. */
export function gridByteLengthOf({ boidCount, rowCount, stride, partCount }: GridShape): number {
  const ofCells = byteLengthOf(partCount * rowCount * stride) + byteLengthOf(rowCount * stride)
  return ofCells + byteLengthOf(rowCount + 1) + 10 * byteLengthOf(boidCount)
}

export class Grid {
  readonly shape: GridShape
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  /** Of each boid its cell, and when all are counted its slot. */
  readonly places: Int32Array
  /**
   * Of each part, for each cell: how many boids; then the slot of the next one, from its row's
   * first.
   */
  readonly counts: Int32Array
  /**
   * Of each cell: its first slot, from its row's first. Behind the last cell of a row: its count.
   */
  readonly firsts: Int32Array
  /** The first slot of each row; behind the last one, the number of boids. */
  readonly rowFirsts: Int32Array
  /** By slot: boids as they were at the begin of the step. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly z: Float32Array
  readonly velocityX: Float32Array
  readonly velocityY: Float32Array
  readonly velocityZ: Float32Array
  /** By slot: the velocity that they choose. */
  readonly nextX: Float32Array
  readonly nextY: Float32Array
  readonly nextZ: Float32Array

  constructor(shape: GridShape, buffer: ArrayBufferLike, byteOffset: number) {
    const { boidCount, rowCount, stride, partCount } = shape
    let end = byteOffset
    const take = <A>(
      type: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => A,
      length: number,
    ) => {
      const start = end
      end += byteLengthOf(length)
      return new type(buffer, start, length)
    }
    this.shape = shape
    this.buffer = buffer
    this.byteOffset = byteOffset
    this.places = take(Int32Array, boidCount)
    this.counts = take(Int32Array, partCount * rowCount * stride)
    this.firsts = take(Int32Array, rowCount * stride)
    this.rowFirsts = take(Int32Array, rowCount + 1)
    this.x = take(Float32Array, boidCount)
    this.y = take(Float32Array, boidCount)
    this.z = take(Float32Array, boidCount)
    this.velocityX = take(Float32Array, boidCount)
    this.velocityY = take(Float32Array, boidCount)
    this.velocityZ = take(Float32Array, boidCount)
    this.nextX = take(Float32Array, boidCount)
    this.nextY = take(Float32Array, boidCount)
    this.nextZ = take(Float32Array, boidCount)
  }
}
