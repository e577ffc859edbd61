/** NO_PROXY, as Go's golang.org/x/net/http/httpproxy reads it. */

import { isWithin, parseIPv4, parseIPv6 } from "../ip_address.ts";

/** Whom to ask directly. */
export interface NoProxyEntry {
  /** As it was written. */
  readonly text: string;
  /** Whether it means a host, in lower case and without brackets. */
  readonly fits: (host: string, port: string) => boolean;
}

/** Parses the list; what makes no sense means nobody. */
export function parseNoProxy(list: string): readonly NoProxyEntry[] {
  const texts = list.split(",").map((text) => text.trim());
  return texts.flatMap((text) => {
    const fits = readEntry(text.toLowerCase());
    return fits === undefined ? [] : [{ text, fits }];
  });
}

/** Why a URL is asked directly; undefined if it is not. */
export function isExempt(
  url: URL,
  entries: readonly NoProxyEntry[],
): string | undefined {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || isLoopback(host)) return "it is this machine";
  const entry = entries.find(({ fits }) => fits(host, port));
  return entry && `NO_PROXY has "${entry.text}"`;
}

function isLoopback(host: string): boolean {
  const octets = octetsOf(host);
  return octets?.length === 4
    ? octets[0] === 127
    : octets?.join() === "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1";
}

function readEntry(text: string): NoProxyEntry["fits"] | undefined {
  if (text === "*") return () => true;
  const network = readNetwork(text);
  if (network !== undefined) return network;
  const [, bracketed, named, wanted = ""] =
    /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text) ?? [];
  const host = bracketed ?? named ?? text.replace(/^\[|\]$/g, "");
  const isPort = (port: string) => wanted === "" || port === wanted;
  if (host === "") return undefined;
  const address = octetsOf(host);
  if (address !== undefined) {
    return (other, port) =>
      octetsOf(other)?.join() === address.join() && isPort(port);
  }
  const bare = host.startsWith("*.") ? host.slice(1) : host;
  const suffix = toAscii(bare.startsWith(".") ? bare : `.${bare}`);
  // With a dot before it, the domain itself is not meant.
  const itself = bare.startsWith(".") ? undefined : suffix.slice(1);
  return (other, port) =>
    (other.endsWith(suffix) || other === itself) && isPort(port);
}

/** `10.0.0.0/8` or `fd00::/8`. */
function readNetwork(text: string): NoProxyEntry["fits"] | undefined {
  const [, start = "", length = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const prefix = octetsOf(start);
  const bits = Number(length);
  if (prefix === undefined || length === "" || bits > prefix.length * 8) {
    return undefined;
  }
  return (host) => {
    const octets = octetsOf(host);
    return octets?.length === prefix.length &&
      isWithin(octets, { prefix, bits, width: 8 });
  };
}

/** 4 or 16 numbers; an IPv4 address in an IPv6 one is the former. */
function octetsOf(text: string): readonly number[] | undefined {
  const ipv4 = parseIPv4(text);
  if (ipv4 !== undefined) {
    return ipv4.every((octet) => octet <= 255) ? ipv4 : undefined;
  }
  if (!text.includes(":")) return undefined;
  const groups = parseIPv6(text);
  if (groups === undefined) return undefined;
  const octets = groups.flatMap((group) => [group >> 8, group & 0xff]);
  const isMapped = groups.slice(0, 6).join() === "0,0,0,0,0,65535";
  return isMapped ? octets.slice(12) : octets;
}

function toAscii(suffix: string): string {
  if (/^[\x20-\x7e]*$/.test(suffix)) return suffix;
  return URL.parse(`http://x${suffix}/`)?.hostname.slice(1) ?? suffix;
}
