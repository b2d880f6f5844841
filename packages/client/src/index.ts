export { createClient } from './create-client.ts'
export { ServerUnreachable } from './failures.ts'
export type * from './types.ts'
