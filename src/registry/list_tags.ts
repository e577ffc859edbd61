/** Lists the tags of a repository: OCI distribution-spec v1.1, "Listing Tags". */

import type { Abortable } from "../errors/abort.ts";
import { RegistryError } from "../errors/image_errors.ts";
import type { RegistriesConf } from "../formats/config/registries_conf.ts";
import {
  asArray,
  asObject,
  asString,
  optional,
  parseJson,
} from "../formats/json.ts";
import {
  isTag,
  type Reference,
  repositoryOf,
} from "../formats/oci/reference.ts";
import { endpointsFor } from "./config/endpoints.ts";
import { loadRegistriesConf } from "./config/load_registries_conf.ts";
import { connectEndpoint } from "./connect_endpoint.ts";
import { explainFailure } from "./explain_failure.ts";
import { createHttpClient } from "./http_client.ts";
import { findNextLink } from "./next_link.ts";
import { readBody } from "./read_body.ts";
import type { RegistryOptions } from "./registry_image.ts";
import type { RepositoryOptions } from "./repository.ts";
import { errorOf } from "./response_error.ts";
import { createSender, type Sender } from "./send_authorized.ts";
import type { RetryRules } from "./send_request.ts";

/** Options of {@linkcode listTags}. */
export interface ListTagsOptions extends RegistryOptions {
  /**
   * How many are wanted at most.
   *
   * @default {Infinity}
   */
  readonly limit?: number | undefined;
}

/** What registries.conf says, for those who have read it already. */
interface Configured {
  readonly conf?: RegistriesConf | undefined;
}

// Some registries send all tags at once; the busiest repositories have 100,000.
const MAX_PAGE_SIZE = 16 * 1024 * 1024;
const MAX_TAGS = 1_000_000;
const MAX_PAGES = 10_000;
// Several registries refuse pages of more.
const MAX_PAGE_LENGTH = 1000;

/**
 * Lists tags, in the registry's order. Mirrors, which may have only the tags that
 * were pulled through them, are used only as a last resort.
 *
 * @throws {PolicyError} If its registry is blocked.
 * @throws {RegistryError} If there is no such repository, or the list has no end.
 */
export async function listTags(
  reference: Reference,
  options: ListTagsOptions & Configured = {},
): Promise<readonly string[]> {
  const conf = options.conf ?? await loadRegistriesConf(options);
  const endpoints = endpointsFor(reference, conf);
  const endpoint = endpoints.find(({ isMirror }) => !isMirror) ?? endpoints[0];
  if (endpoint === undefined) throw new Error("no endpoint to ask");
  return await connectEndpoint(
    endpoint,
    { ...options, reference, conf },
    async (settings, { retry }) => {
      using client = createHttpClient(settings.tls);
      const scopes = [`repository:${settings.path}:pull`];
      const sender = createSender(client, { ...settings, scopes });
      const what = `Cannot list tags of "${repositoryOf(reference)}"`;
      const list = { ...options, ...settings, sender, what, retry };
      return await readPages(list);
    },
  );
}

interface TagList extends Abortable, Pick<RepositoryOptions, "registry"> {
  readonly sender: Sender;
  readonly path: string;
  readonly what: string;
  readonly limit?: number | undefined;
  readonly retry?: RetryRules | undefined;
}

async function readPages(list: TagList): Promise<readonly string[]> {
  const { limit = MAX_TAGS, what } = list;
  const tags = new Set<string>();
  const asked = new Set<string>();
  let url: URL | undefined = firstPage(list);
  while (url !== undefined) {
    if (asked.has(url.href) || asked.size >= MAX_PAGES) {
      throw endless(what, `its pages link back to "${url.pathname}"`);
    }
    asked.add(url.href);
    const page = await readPage(url, list);
    for (const tag of page.tags) {
      if (tags.size >= limit) return [...tags];
      tags.add(tag);
    }
    if (tags.size >= MAX_TAGS) {
      throw endless(what, `there are more than ${MAX_TAGS}; use --limit`);
    }
    url = page.next;
  }
  return [...tags];
}

function firstPage({ registry, path, limit }: TagList): URL {
  const url = new URL(`/v2/${path}/tags/list`, registry);
  if (limit !== undefined && limit <= MAX_PAGE_LENGTH) {
    url.searchParams.set("n", String(limit));
  }
  return url;
}

async function readPage(
  url: URL,
  { sender, what, retry, registry, signal }: TagList,
): Promise<{ readonly tags: readonly string[]; readonly next?: URL }> {
  const response = await sender.send(url, { signal, retry });
  const reading = { ...retry, signal };
  if (!response.ok) throw await errorOf(response, what, reading);
  try {
    const maxSize = MAX_PAGE_SIZE;
    const bytes = await readBody(response, { ...reading, maxSize });
    const tags = parseTags(parseJson(bytes, "list of tags", { maxSize }));
    const next = findNextLink(response, { url, registry });
    return { tags, ...next && { next } };
  } catch (cause) {
    signal?.throwIfAborted();
    const isOurs = cause instanceof SyntaxError || cause instanceof RangeError;
    const why = isOurs ? cause.message : explainFailure(cause);
    const reason = isOurs ? "malformed" : "interrupted";
    throw new RegistryError(`${what}: ${why}`, {
      ...{ cause, reason },
      status: response.status,
    });
  }
}

/** A repository without tags has `null`, or no member. */
function parseTags(value: unknown): readonly string[] {
  const what = "list of tags";
  const body = asObject(value, what);
  const tags = optional(body["tags"], what, asArray) ?? [];
  return tags.map((item) => {
    const text = asString(item, what);
    const shown = JSON.stringify(text.slice(0, 80));
    if (isTag(text)) return text;
    throw new SyntaxError(`Cannot read ${what}: ${shown} is no tag`);
  });
}

function endless(what: string, why: string): RegistryError {
  return new RegistryError(`${what}: ${why}`, { reason: "malformed" });
}
