export { STEPS_PER_SECOND } from './rules.ts'
export { createSimulation, type Simulation } from './simulation.ts'
export { systems } from './systems.ts'
export { createTeam, type Team } from './team.ts'
