/** Statuses that a registry should not have for what is asked. */

import { needs } from "../../support/peers.ts";
import {
  BLOB,
  CONFIG,
  type FaultCase,
  later,
  MANIFEST,
  SIZE,
  TOKEN,
  tryAll,
} from "../../support/pulls/pull_faults.ts";
import { REGISTRY_PROGRAMS } from "../../support/servers/registry_server.ts";

const STATUSES: Readonly<Record<string, FaultCase>> = {
  "manifest: 500 but for the last try": {
    rules: () => [{ match: MANIFEST, nth: [2, 3, 4, 5], status: 500 }],
    asked: { manifest: 5 },
  },
  "manifest: 503": {
    rules: () => [{ match: MANIFEST, nth: later(2), status: 503 }],
    ...{ code: 6, says: "the registry failed (503" },
    asked: { manifest: 5, config: 0, layer: 0 },
  },
  "manifest: 501": {
    rules: () => [{ match: MANIFEST, nth: later(2), status: 501 }],
    ...{ code: 6, says: "the registry failed (501" },
    asked: { config: 0, layer: 0 },
  },
  "manifest: 403": {
    rules: () => [{ match: MANIFEST, nth: later(2), status: 403 }],
    ...{ code: 6, says: "needs (other) credentials" },
    asked: { config: 0, layer: 0 },
  },
  "manifest: 304": {
    rules: () => [{ match: MANIFEST, nth: later(2), status: 304 }],
    ...{ code: 6, says: "the registry refused (304)" },
    asked: { config: 0, layer: 0 },
  },
  "manifest: 429, to wait a second": {
    rules: () => [{
      ...{ match: MANIFEST, nth: 2, status: 429 },
      headers: { "retry-after": "1" },
    }],
    asked: { manifest: 2 },
  },
  "manifest: 429, to wait a day": {
    rules: () => [{
      ...{ match: MANIFEST, nth: later(2), status: 429 },
      headers: { "retry-after": "86400" },
    }],
    ...{ code: 6, says: "it asks to wait 86400 s" },
    asked: { config: 0, layer: 0 },
  },
  "config: 500 twice": {
    rules: () => [{ match: CONFIG, nth: [1, 2], status: 500 }],
    asked: { config: 3 },
  },
  "config: 404": {
    rules: () => [{ match: CONFIG, status: 404 }],
    ...{ code: 6, says: "the registry does not have it (404" },
    asked: { layer: 0 },
  },
  "layer: 502 twice": {
    rules: () => [{ match: BLOB, nth: [1, 2], status: 502 }],
    asked: { layer: 3 },
  },
  "layer: 404": {
    rules: () => [{ match: BLOB, status: 404 }],
    ...{ code: 6, says: "the registry does not have it (404" },
  },
  "layer: 204": {
    rules: () => [{ match: BLOB, status: 204 }],
    ...{ code: 5, says: "server sen" },
    asked: { layer: 2 },
  },
  "layer: 206 though all was asked for": {
    rules: () => [{
      ...{ match: BLOB, status: 206 },
      headers: { "content-range": `bytes 0-${SIZE - 1}/${SIZE}` },
    }],
  },
  "token: 500 twice": {
    rules: () => [{ match: TOKEN, nth: [1, 2], answer: { status: 500 } }],
    asked: { token: 3 },
  },
  "token: 429, to wait a second": {
    rules: () => [{
      ...{ match: TOKEN, nth: 1 },
      answer: { status: 429, headers: { "retry-after": "1" } },
    }],
    asked: { token: 2 },
  },
  "token: 401": {
    rules: () => [{ match: TOKEN, answer: { status: 401 } }],
    ...{ code: 6, says: "Cannot log in to" },
    asked: { manifest: 0, config: 0, layer: 0 },
  },
  "token: a web page": {
    rules: () => [{ match: TOKEN, answer: { body: "<html></html>" } }],
    ...{ code: 6, says: "Cannot log in to" },
    asked: { manifest: 0, config: 0, layer: 0 },
  },
};

Deno.test("pullImage() takes statuses for what they are", {
  ...needs("root", "tar", ...REGISTRY_PROGRAMS),
}, (t) => tryAll(t, STATUSES));
