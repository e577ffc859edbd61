/** The next page of a list: RFC 8288, 3, as distribution-spec v1.1 uses it. */

/** The request of a page. */
export interface PageOrigin {
  /** The requested URL. */
  readonly url: URL;
  readonly registry: URL;
}

// <target>; parameter="value"; …, and perhaps another link after a comma.
const LINK = /<([^>]*)>((?:\s*;\s*[^\s;,="]+(?:=(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const IS_NEXT =
  /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next(?![^\s;]))/i;

/**
 * Finds the address of the next page; undefined if there is none. The login is sent
 * to it, so it must be on the same registry. Registries behind a TLS proxy return
 * http URLs: the scheme is kept.
 *
 * @throws {SyntaxError} If it leads elsewhere.
 */
export function findNextLink(
  { headers }: Response,
  { url, registry }: PageOrigin,
): URL | undefined {
  const header = headers.get("link");
  if (header === null) return undefined;
  const links = [...header.matchAll(LINK)];
  const [, target] =
    links.find(([, , parameters = ""]) => IS_NEXT.test(parameters)) ?? [];
  if (target === undefined) return undefined;
  const next = URL.parse(target, url);
  const isHttp = next?.protocol === "http:" || next?.protocol === "https:";
  const isOwn = isHttp && next.host === registry.host &&
    next.username === "" && next.password === "" &&
    next.pathname.endsWith("/tags/list");
  if (next !== null && isOwn) return new URL(next.pathname + next.search, url);
  const shown = JSON.stringify(target.replace(/\?.*$/s, "").slice(0, 200));
  throw new SyntaxError(
    `it says that the list continues at ${shown}, which is ` +
      `no list of "${registry.host}"`,
  );
}
