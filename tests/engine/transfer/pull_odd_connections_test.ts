/** Connections that break, and that lead elsewhere. */

import { needs } from "../../support/peers.ts";
import {
  BLOB,
  CONFIG,
  type FaultCase,
  HASTY,
  MANIFEST,
  redirect,
  tryAll,
} from "../../support/pulls/pull_faults.ts";
import { REGISTRY_PROGRAMS } from "../../support/servers/registry_server.ts";

const CONNECTIONS: Readonly<Record<string, FaultCase>> = {
  "all by HTTP/1.0": { rules: () => [{ match: /^\/v2/, version: "1.0" }] },
  "all reset before they are answered, once": {
    rules: () => [
      { match: MANIFEST, nth: 2, stopAt: "start", stop: "reset" },
      { match: CONFIG, nth: 1, stopAt: "start", stop: "reset" },
      { match: BLOB, nth: 1, stopAt: "start", stop: "reset" },
    ],
    asked: { manifest: 2, config: 2, layer: 2 },
  },
  "no answer for the layer": {
    rules: () => [{ match: BLOB, stopAt: "start", stop: "hang" }],
    ...{ code: 6, says: "no answer within 0.3 s" },
    ...{ asked: { layer: 2 }, retry: { ...HASTY, tries: 2 } },
  },
  "a chain of redirects": {
    rules: (elsewhere) => [{
      match: BLOB,
      act: ({ path }) => redirect(`http://${elsewhere}${path}?5`),
    }],
  },
  "all by TLS": { rules: () => [], isTls: true },
  "a redirect from https to http": {
    rules: (elsewhere) => [{
      match: BLOB,
      act: ({ path }) => redirect(`http://${elsewhere}${path}`),
    }],
    ...{ code: 6, says: "(downgrade from https)", isTls: true },
  },
  "a layer at an address of IPv6": {
    rules: (elsewhere) => [{
      match: BLOB,
      act: ({ path }) => redirect(`http://${elsewhere}${path}`),
    }],
    hostname: "::1",
  },
  "a circle of redirects": {
    rules: () => [{ match: BLOB, act: ({ path }) => redirect(path) }],
    ...{ code: 6, says: "more than 10 redirects" },
    asked: { layer: 11 },
  },
  "a layer elsewhere, which wants a login": {
    rules: (elsewhere) => [
      { match: BLOB, ...redirect(`http://${elsewhere}/private`) },
    ],
    ...{ code: 6, says: "(401)" },
  },
  "a layer elsewhere, no longer": {
    rules: (elsewhere) => [
      { match: BLOB, ...redirect(`http://${elsewhere}/expired`) },
    ],
    ...{ code: 6, says: "(403)" },
  },
};

Deno.test(
  "pullImage() gets on with odd connections, and gives nobody its login",
  {
    ...needs("root", "tar", "openssl", ...REGISTRY_PROGRAMS),
  },
  (t) => tryAll(t, CONNECTIONS),
);
