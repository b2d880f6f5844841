/** Whether requests go through the proxy that the environment names: `http_proxy`, `https_proxy`, `no_proxy`, or in capitals. */

const VARIABLES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'] as const

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>

/** False for this machine itself, which no proxy reaches. */
export function usesProxy(url: string, env: ProxyEnvironment): boolean {
  return VARIABLES.some((name) => env[name]) && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(new URL(url).hostname)
}
