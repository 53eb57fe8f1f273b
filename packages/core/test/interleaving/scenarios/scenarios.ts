/** All scenarios. */
import type { Scenario } from '../scenario.ts'
import { CLAIMS } from './claims.ts'
import { DEATHS } from './deaths.ts'
import { DELIVERIES } from './deliveries.ts'
import { MAIL } from './mail.ts'
import { MARKS } from './marks.ts'
import { SLOTS } from './slots.ts'
import { TELEMETRY } from './telemetry.ts'
import { TEND } from './tend.ts'

export const SCENARIOS: readonly Scenario[] = [
  CLAIMS,
  MAIL,
  SLOTS,
  TEND,
  DELIVERIES,
  MARKS,
  DEATHS,
  TELEMETRY,
].flat()
