/** What `orlop explain` shows to people. */

import type {
  EndpointExplanation,
  RequestExplanation,
} from "../../engine/lookup/explain_endpoint.ts";
import type { Explanation } from "../../engine/lookup/explain_reference.ts";
import type { Terminal } from "./terminal.ts";
import { showOnOneLine } from "../../formats/visible_text.ts";

/** A line: what it is about, and what is said of it. */
type Line = readonly [label: string, text: string];

// The longest label, and two blanks.
const LABEL_WIDTH = 10;

/** Several lines, of which the first of each place stands out. */
export function explainText(
  explained: Explanation,
  { paint }: Pick<Terminal, "paint">,
): string {
  const { platform, reads, files, names } = explained;
  const head: Line[] = [
    ["platform", platform],
    ...(reads === undefined ? [] : [["reads", reads] as const]),
    ...resolutionLines(explained),
    ...files.map((path): Line => ["read", path]),
  ];
  const blocks = names.flatMap(({ name, endpoints }) => [
    "",
    paint("bold", showOnOneLine(name)),
    ...endpoints.flatMap((endpoint, index) => [
      `  ${index + 1}. ${showOnOneLine(titleOf(endpoint))}`,
      ...format(endpointLines(endpoint), "     "),
    ]),
  ]);
  return [...format(head, ""), ...blocks].join("\n");
}

function resolutionLines({ resolved }: Explanation): readonly Line[] {
  if (resolved === undefined) return [];
  const { by, source, shortNameMode } = resolved;
  switch (by) {
    case "name":
      return [["name", "in full"]];
    case "alias":
      return [["name", `an alias in ${source}`]];
    case "search":
      return [[
        "name",
        `searched in the registries that ${source} lists ` +
        `(short-name-mode "${shortNameMode}")`,
      ]];
  }
}

function titleOf({ name, isMirror, refusal }: EndpointExplanation): string {
  const title = isMirror ? `mirror ${name}` : name;
  return refusal === undefined ? title : `${title}: not asked, ${refusal}`;
}

function endpointLines(endpoint: EndpointExplanation): readonly Line[] {
  const { entry, refusal, requests, tls, login, problems, probe } = endpoint;
  const lines: Line[] = entry === undefined
    ? []
    : [["entry", `prefix "${entry.prefix}" in ${entry.source}`]];
  if (refusal !== undefined) return lines;
  lines.push(
    ...requests.flatMap(requestLines),
    ["tls", tlsText(endpoint)],
    ...tls.authorities.map((path): Line => ["ca", path]),
    ...(tls.client === undefined ? [] : [["client", tls.client] as const]),
    ["login", login?.source ?? "none"],
    ...problems.map((problem): Line => ["problem", problem]),
  );
  if (probe === undefined) return lines;
  lines.push([
    "probe",
    probe.ok
      ? `has it: ${probe.digest ?? "it does not tell the digest"}`
      : probe.problem,
  ]);
  return lines;
}

function requestLines(
  { url, proxy, proxyExemption }: RequestExplanation,
  index: number,
): readonly Line[] {
  const line: Line = ["url", index === 0 ? url : `else ${url}`];
  if (proxy !== undefined) {
    return [line, ["proxy", `${proxy.url} (${proxy.variable})`]];
  }
  return proxyExemption === undefined
    ? [line]
    : [line, ["proxy", `none: ${proxyExemption}`]];
}

function tlsText({ tls, requests }: EndpointExplanation): string {
  const { verify, why } = tls;
  if (!verify) return `not verified: ${why}`;
  const whose = "verified by this machine's CAs";
  return requests.length > 1 ? `${whose}; http is tried, too: ${why}` : whose;
}

function format(lines: readonly Line[], indent: string): readonly string[] {
  return lines.map(([label, text]) =>
    `${indent}${label.padEnd(LABEL_WIDTH)}${showOnOneLine(text)}`
  );
}
