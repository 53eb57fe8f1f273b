// `node:process` of tests that run in a page: its query is the environment.
export default { env: Object.fromEntries(new URLSearchParams(globalThis.location.search)) }
