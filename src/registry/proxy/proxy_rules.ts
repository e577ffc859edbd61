/**
 * Which proxy a URL goes through: the rules of Go's net/http, which podman and
 * skopeo have. Deno's own differ: they know no ports in NO_PROXY, ask a proxy for
 * localhost, and take ALL_PROXY.
 */

import { isExempt, type NoProxyEntry, parseNoProxy } from "./no_proxy.ts";

/** A proxy, and who named it. */
export interface Proxy {
  /** Without its login, so that it can be shown: `http://proxy.lan:3128`. */
  readonly origin: string;
  /** Secret, as it was written: not percent-encoded. */
  readonly login?: { readonly username: string; readonly password: string };
  /** The variable that names it. */
  readonly variable: string;
}

/** What the environment says about proxies. */
export interface ProxyRules {
  /** For URLs with `http:`. */
  readonly http?: Proxy;
  /** For URLs with `https:`. */
  readonly https?: Proxy;
  /** Whom to ask directly. */
  readonly noProxy: readonly NoProxyEntry[];
}

/** How a URL is reached. */
export interface Route {
  /** Undefined if it is asked directly. */
  readonly proxy?: Proxy;
  /** Why it is asked directly, although there is a proxy. */
  readonly exemption?: string;
}

/**
 * The variables that programs look at for proxies; each is read in capitals first.
 * ALL_PROXY is only passed on to programs.
 */
export const PROXY_NAMES: readonly string[] = [
  ...["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"],
  ...["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
];

const SCHEMES = ["http:", "https:", "socks5:", "socks5h:"];

/**
 * Reads the rules.
 *
 * @param read Gives a variable's value; undefined if it is not set.
 * @throws {SyntaxError} If a proxy is not a URL; the message does not contain its
 * login.
 */
export function readProxyRules(
  read: (name: string) => string | undefined,
): ProxyRules {
  const [http, https] = ["HTTP_PROXY", "HTTPS_PROXY"].map((variable) => {
    const [name, value] = firstOf(variable);
    return value === "" ? undefined : parseProxy(value, name);
  });
  return {
    ...(http && { http }),
    ...(https && { https }),
    noProxy: parseNoProxy(firstOf("NO_PROXY")[1]),
  };

  function firstOf(variable: string): readonly [name: string, value: string] {
    const names = [variable, variable.toLowerCase()];
    const name = names.find((name) => read(name)) ?? variable;
    return [name, read(name) ?? ""];
  }
}

/** How a URL is to be reached. */
export function routeTo(url: URL, rules: ProxyRules): Route {
  const proxy = url.protocol === "https:" ? rules.https : rules.http;
  if (proxy === undefined) return {};
  const exemption = isExempt(url, rules.noProxy);
  return exemption === undefined ? { proxy } : { exemption };
}

function parseProxy(value: string, variable: string): Proxy {
  const url = URL.parse(value.includes("://") ? value : `http://${value}`);
  if (url === null || url.hostname === "") {
    throw new SyntaxError(
      `Cannot use ${variable}: it is no URL; write it as http://HOST:PORT`,
    );
  }
  if (!SCHEMES.includes(url.protocol)) {
    throw new SyntaxError(
      `Cannot use ${variable}: its scheme is "${url.protocol.slice(0, -1)}", ` +
        "not http, https or socks5",
    );
  }
  const { username, password } = url;
  return {
    origin: `${url.protocol}//${url.host}`,
    variable,
    ...(username + password === "" ? {} : {
      login: { username: decode(username), password: decode(password) },
    }),
  };
}

/** A lone percent sign stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
