import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  formatBytes,
  formatChecksum,
  formatCount,
  formatFigure,
  formatTable,
} from '../src/format.ts'

const test = suite('kit: format')

test('counts have commas', () => {
  assert.equal([0, 999, 1000, 1234567.8].map(formatCount), ['0', '999', '1,000', '1,234,568'])
})

test('figures have three digits that matter', () => {
  const figures = [0, 0.03141, 0.5, 2.345, 23.45, 234.5, 2345].map(formatFigure)
  assert.equal(figures, ['0', '0.0314', '0.500', '2.35', '23.4', '235', '2,345'])
})

test('bytes have binary units', () => {
  const bytes = [0, 1023, 1024, 1536, 2 ** 20 - 1, 2 ** 20, 256 * 2 ** 20].map(formatBytes)
  const expected = ['0 B', '1023 B', '1.00 KiB', '1.50 KiB', '1,024 KiB', '1.00 MiB', '256 MiB']
  assert.equal(bytes, expected)
})

test('checksums have eight digits', () => {
  assert.equal([0, 0xabc, 0xffffffff].map(formatChecksum), ['00000000', '00000abc', 'ffffffff'])
})

test('tables are aligned', () => {
  const rows = [
    ['map', 'n'],
    ['E1M1', '12345'],
    ['X', ''],
  ]
  assert.equal(formatTable(rows), ['map       n', 'E1M1  12345', 'X'])
})

test.run()
