/** Telemetry: what pools do off their hot paths, for whoever listens. The picture is in ring.ts. */
export { emit } from './emit.ts'
export { droppedEvents, openTelemetry, type Telemetry, type TelemetryEvent } from './reader.ts'
export {
  EVENT_ADOPT,
  EVENT_CLAIM,
  EVENT_DRAIN,
  EVENT_REFILL,
  EVENT_RETURN,
  type TelemetryEventKind,
} from './ring.ts'
