import * as append from './append.mjs'
import * as burst from './burst.mjs'
import * as cluster from './cluster.mjs'
import * as fanout from './fanout.mjs'
import * as page from './page.mjs'
import * as park from './park.mjs'
import * as poll from './poll.mjs'
import * as startup from './startup.mjs'
import * as terminal from './terminal.mjs'
import * as wire from './wire.mjs'

/**
 * A question has a title, a text on what the figures mean, its figures, curves and cases, and
 * `measure(server, case)`, which starts the server afresh, asks once and stops it.
 */
export const questions = { poll, fanout, park, burst, append, page, startup, terminal, wire, cluster }
export const questionNames = Object.keys(questions)
