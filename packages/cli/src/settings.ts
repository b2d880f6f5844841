/** What is in force and where it comes from: a flag before the environment, before the config file, before the default. */
import { DEFAULT_ROOM } from '@poll-chat/protocol'
import { type Config, readConfig, SETTING_NAMES, type Section, type SettingName } from './config-file.ts'
import {
  DEFAULT_MODE,
  DEFAULT_NOTIFY,
  DEFAULT_SERVER,
  DEFAULT_THEME,
  type Env,
  parseServer,
  readUid,
  type ServerFlags,
} from './options.ts'

export type Origin =
  | { type: 'flag'; name: string }
  | { type: 'variable'; name: string }
  | { type: 'file'; path: string; key: string }
  | { type: 'default' }

/** `value` is undefined where nothing is set and there is no default: the keys. */
export type Setting = { name: SettingName; value: string | undefined; origin: Origin }

type Flags = ServerFlags & { room?: string; uid?: string; mode?: string; notify?: string; theme?: string }

const VARIABLES: Record<SettingName, string> = {
  server: 'POLL_CHAT_SERVER',
  room: 'POLL_CHAT_ROOM',
  uid: 'POLL_CHAT_UID',
  mode: 'POLL_CHAT_MODE',
  notify: 'POLL_CHAT_NOTIFY',
  theme: 'POLL_CHAT_THEME',
  'key-file': 'POLL_CHAT_KEY_FILE',
  key: 'POLL_CHAT_KEY',
}

/** Flags and environment with what the config file adds: commands need not know that there is one. */
export function withConfig<F extends Flags>(flags: F, env: Env): [flags: F, env: Env] {
  const config = readConfig(env)
  if (!config) return [flags, env]
  const variables: Record<string, string | undefined> = { ...env }
  for (const { name, value, origin } of settingsInForce(flags, env, config)) {
    // A server may be called by a name of one's own, which only the file knows.
    if (origin.type === 'file' || (name === 'server' && origin.type === 'variable')) variables[VARIABLES[name]] = value
    if (name === 'server' && origin.type === 'flag' && value !== undefined) flags = { ...flags, server: value }
  }
  return [flags, variables]
}

/** All settings, in the order of `SETTING_NAMES`. */
export function settingsInForce(flags: Flags, env: Env, config: Config | undefined): Setting[] {
  const { server, room, uid, mode, notify, theme, keyFile } = flags
  const said: Partial<Record<SettingName, string | undefined>> = {
    server,
    room,
    uid,
    mode,
    notify,
    theme,
    'key-file': keyFile,
  }
  const keyIsSaid = keyFile !== undefined || Boolean(env.POLL_CHAT_KEY || env.POLL_CHAT_KEY_FILE)
  const { address, layers } = layersFor(server ?? (env.POLL_CHAT_SERVER || undefined), config)
  return SETTING_NAMES.map((name) => {
    const isKey = name === 'key' || name === 'key-file'
    const layer = isKey && keyIsSaid ? undefined : layers.find(({ section }) => holds(section, name))
    const origin: Origin =
      said[name] !== undefined
        ? { type: 'flag', name: `--${name}` }
        : env[VARIABLES[name]]
          ? { type: 'variable', name: VARIABLES[name] }
          : layer?.section[name] !== undefined
            ? { type: 'file', path: layer.path, key: `${layer.prefix}${name}` }
            : { type: 'default' }
    const value = said[name] ?? (env[VARIABLES[name]] || (layer?.section[name] ?? DEFAULTS[name]?.()))
    return { name, value: name === 'server' ? address : value, origin }
  })
}

const DEFAULTS: Partial<Record<SettingName, () => string>> = {
  room: () => DEFAULT_ROOM,
  uid: () => readUid(undefined, {}),
  mode: () => DEFAULT_MODE,
  notify: () => DEFAULT_NOTIFY,
  theme: () => DEFAULT_THEME,
}

/** Whoever says a key in one way, near by, does not want it in the other way, from further off. */
function holds(section: Section, name: SettingName): boolean {
  if (name === 'key' || name === 'key-file') return section.key !== undefined || section['key-file'] !== undefined
  return section[name] !== undefined
}

type Layer = { section: Section; path: string; prefix: string }

/**
 * The address of the server in force, and the parts of the file that hold for it, the closer one first. A key that stands
 * outside of `servers` belongs to the server that stands beside it: with another `--server` it must not go elsewhere.
 */
function layersFor(said: string | undefined, config: Config | undefined): { address: string; layers: Layer[] } {
  if (!config) return { address: parseServer(said ?? DEFAULT_SERVER), layers: [] }
  const { path, everywhere, servers } = config
  const addressOf = (name: string) => parseServer(servers.get(name)?.server ?? name)
  const own = everywhere.server ?? DEFAULT_SERVER
  const name = said ?? own
  const address = addressOf(name)
  const layers: Layer[] = []
  for (const [one, section] of servers)
    if (servers.has(name) ? one === name : addressOf(one) === address)
      layers.push({ section, path, prefix: `servers.${one}.` })
  const { key, 'key-file': keyFile, ...others } = everywhere
  layers.push({ section: address === addressOf(own) ? everywhere : others, path, prefix: '' })
  return { address, layers }
}
