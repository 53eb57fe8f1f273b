/** All scenarios. */
import type { Scenario } from '../scenario.ts'
import { CLAIMS } from './claims.ts'
import { DEATHS } from './deaths.ts'
import { DELIVERIES } from './deliveries.ts'
import { MARKS } from './marks.ts'
import { RECLAIM_CLOSED } from './reclaim-closed.ts'
import { REMOTE_FREES } from './remote-frees.ts'
import { SLOTS } from './slots.ts'
import { TELEMETRY } from './telemetry.ts'

export const SCENARIOS: readonly Scenario[] = [
  CLAIMS,
  REMOTE_FREES,
  SLOTS,
  RECLAIM_CLOSED,
  DELIVERIES,
  MARKS,
  DEATHS,
  TELEMETRY,
].flat()
