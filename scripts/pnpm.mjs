// Not `packageManager` in package.json: pnpm 12 then wants itself in the lock file, and refuses a
// frozen one.
export const PNPM = 'pnpm@12.21.0'
