/**
 * How one endpoint would be requested: URL, TLS, proxy, login, and where each is
 * configured.
 */

import { categoryOf, type ErrorCategory } from "../../errors/category.ts";
import { whyOf } from "../../errors/why.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  nameOf,
  type Reference,
  repositoryOf,
} from "../../formats/oci/reference.ts";
import { callersVariable } from "../../process/callers_variable.ts";
import { lookUpCredentials } from "../../registry/auth/find_credentials.ts";
import type { ListedEndpoint } from "../../registry/config/endpoints.ts";
import { findCertificates } from "../../registry/config/load_certificates.ts";
import {
  type Attempt,
  attemptsFor,
  connectEndpoint,
  hostOf,
} from "../../registry/connect_endpoint.ts";
import {
  type ProxyRules,
  readProxyRules,
  type Route,
  routeTo,
} from "../../registry/proxy/proxy_rules.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { Repository } from "../../registry/repository.ts";

/** The explanation of an endpoint. */
export interface EndpointExplanation {
  /** The name that is requested there. */
  readonly name: string;
  /** The requests to be tried: http only if https fails. */
  readonly requests: readonly RequestExplanation[];
  /** Whether it is a mirror, and not the registry itself. */
  readonly isMirror: boolean;
  /** The entry of registries.conf that applies, by its prefix. */
  readonly entry?: { readonly prefix: string; readonly source: string };
  /** Why it is not asked; omitted if it is. */
  readonly refusal?: string;
  /** How its certificate is verified. */
  readonly tls: TlsExplanation;
  /** The source of the login, never the login itself. Omitted if there is none. */
  readonly login?: { readonly source: string };
  /** The problems that prevent a request. */
  readonly problems: readonly string[];
  /** Its response, if it was requested. */
  readonly probe?: ProbeResult;
}

/** A request for the manifest, and its route. */
export interface RequestExplanation {
  /** Of the manifest. */
  readonly url: string;
  /** Omitted if it is requested directly. */
  readonly proxy?: { readonly url: string; readonly variable: string };
  /** Why it is requested directly, although there is a proxy. */
  readonly proxyExemption?: string;
}

/** Whether and how a certificate is verified. */
export interface TlsExplanation {
  /** Whether it is. */
  readonly verify: boolean;
  /** Where that was disabled. */
  readonly why?: string;
  /** Files of CAs that are trusted beside the machine's. */
  readonly authorities: readonly string[];
  /** The file of the client certificate. */
  readonly client?: string;
}

/** The response of an endpoint. */
export type ProbeResult =
  | {
    readonly ok: true;
    /** Where it answered. */
    readonly url: string;
    /** The digest of the manifest, if the response has it. */
    readonly digest?: string;
  }
  | {
    readonly ok: false;
    readonly problem: string;
    readonly category: ErrorCategory;
  };

/** What to request from an endpoint. */
export interface ExplainEndpointOptions extends RegistryOptions {
  /** The logical name. */
  readonly reference: Reference;
  readonly conf: RegistriesConf;
  readonly probe?: "ask" | "none" | undefined;
}

/** Explains one endpoint; sends a request if that was asked for, and is allowed. */
export async function explainEndpoint(
  endpoint: ListedEndpoint,
  options: ExplainEndpointOptions,
): Promise<EndpointExplanation> {
  const { reference, isMirror, entry, refusal } = endpoint;
  const attempts = attemptsFor(endpoint, options);
  const problems: string[] = [];
  const certificates = await noting(
    problems,
    () => findCertificates(reference.domain, options),
  );
  const login = await noting(problems, () => findLogin(endpoint, options));
  const rules = await noting(problems, () => readProxyRules(callersVariable));
  const isAsked = options.probe === "ask" && refusal === undefined;
  return {
    name: nameOf(reference),
    requests: attempts.map((attempt) =>
      explainRequest(manifestUrl(attempt, reference), rules)
    ),
    isMirror,
    ...(entry && { entry: { prefix: entry.prefix, source: entry.source } }),
    ...(refusal !== undefined && { refusal }),
    tls: {
      ...explainVerification(endpoint, attempts, options),
      authorities: certificates?.authorities ?? [],
      ...(certificates?.client && { client: certificates.client }),
    },
    ...(login && { login: { source: login } }),
    problems,
    ...(isAsked && { probe: await ask(endpoint, options) }),
  };
}

/** A failure is reported, and does not hide the rest. */
async function noting<T>(
  problems: string[],
  read: () => Promise<T> | T,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    problems.push(whyOf(error));
    return undefined;
  }
}

function manifestUrl({ scheme }: Attempt, reference: Reference): string {
  const { path, tag = "latest", digest } = reference;
  return `${scheme}://${hostOf(reference)}/v2/${path}/manifests/` +
    (digest ?? tag);
}

function explainRequest(
  url: string,
  rules: ProxyRules | undefined,
): RequestExplanation {
  const route: Route = rules === undefined ? {} : routeTo(new URL(url), rules);
  const { proxy, exemption } = route;
  return {
    url,
    ...(proxy && { proxy: { url: proxy.origin, variable: proxy.variable } }),
    ...(exemption !== undefined && { proxyExemption: exemption }),
  };
}

function explainVerification(
  { entry, isMirror, insecure, reference }: ListedEndpoint,
  attempts: readonly Attempt[],
  { tlsVerify }: RegistryOptions,
): Pick<TlsExplanation, "verify" | "why"> {
  const verify = attempts.every((attempt) => !attempt.insecure);
  if (tlsVerify === false) return { verify, why: "--tls-verify=false" };
  if (insecure && tlsVerify === undefined) {
    const table = isMirror ? "[[registry.mirror]]" : "[[registry]]";
    return { verify, why: `insecure in ${table} of "${entry?.source}"` };
  }
  return attempts.length > 1
    ? { verify, why: `"${reference.domain}" is this machine` }
    : { verify };
}

async function findLogin(
  { reference }: ListedEndpoint,
  options: ExplainEndpointOptions,
): Promise<string | undefined> {
  const isOwn = reference.domain === options.reference.domain;
  if (isOwn && options.credentials !== undefined) return "the command line";
  const found = await lookUpCredentials(repositoryOf(reference), {
    ...options,
    credentialHelpers: options.conf.credentialHelpers ?? [],
  });
  return found?.source;
}

async function ask(
  endpoint: ListedEndpoint,
  options: ExplainEndpointOptions,
): Promise<ProbeResult> {
  try {
    const asking = { ...options, retry: { tries: 1, ...options.retry } };
    return await connectEndpoint(endpoint, asking, async (settings, how) => {
      using repository = new Repository(settings);
      const digest = await repository.lookUpManifest(how);
      const url = repository.url.href;
      return { ok: true, url, ...(digest !== undefined && { digest }) };
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const category = categoryOf(error);
    return { ok: false, problem: whyOf(error), category };
  }
}
