// Readers of command-line arguments.
import { InvalidArgumentError } from 'commander'
import { engineKeys } from './engines.ts'

export function commaList(text: string): string[] {
  return text.split(',')
}

export function engineList(text: string): string[] {
  const keys = commaList(text)
  if (keys.every((key) => engineKeys.includes(key))) return keys
  throw new InvalidArgumentError(`Expected some of ${engineKeys}, separated by commas.`)
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a positive integer.')
}
