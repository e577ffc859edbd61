/** Bodies that are not quite what a registry has. */

import { gzipSync } from "node:zlib";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_INDEX } from "../../../src/formats/oci/media_types.ts";
import { needs } from "../../support/peers.ts";
import {
  BLOB,
  CONFIG,
  type FaultCase,
  HASTY,
  later,
  LAYER,
  MANIFEST,
  redirect,
  SIZE,
  tryAll,
} from "../../support/pulls/pull_faults.ts";
import { REGISTRY_PROGRAMS } from "../../support/servers/registry_server.ts";
import type { Rule } from "../../support/servers/server_script.ts";

const BODIES: Readonly<Record<string, FaultCase>> = {
  "manifest: as text/html": {
    rules:
      () => [{ match: MANIFEST, headers: { "content-type": "text/html" } }],
  },
  "manifest: as an index": {
    rules: () => [{ match: MANIFEST, headers: { "content-type": OCI_INDEX } }],
    ...{ code: 5, says: "ambiguous" },
    asked: { config: 0, layer: 0 },
  },
  "manifest: packed by gzip": {
    rules: () => [{ match: MANIFEST, ...packed() }],
  },
  "manifest: cut": {
    rules: () => [{ match: MANIFEST, nth: 2, stopAt: 100 }],
    asked: { manifest: 2 },
  },
  "manifest: cut each time": {
    rules: () => [{ match: MANIFEST, nth: later(2), stopAt: 100 }],
    ...{ code: 6, says: "the connection broke" },
    asked: { manifest: 2, config: 0, layer: 0 },
  },
  "manifest: a login page elsewhere": {
    rules: (elsewhere) => [
      {
        match: MANIFEST,
        nth: later(2),
        ...redirect(`http://${elsewhere}/html`),
      },
    ],
    ...{ code: 6, says: "sent a web page" },
    asked: { config: 0, layer: 0 },
  },
  "config: cut": {
    rules: () => [{ match: CONFIG, nth: 1, stopAt: 10 }],
    asked: { config: 2 },
  },
  "config: spoilt once": {
    rules: () => [{ match: CONFIG, nth: 1, rewrite: spoil }],
    asked: { config: 2 },
  },
  "config: elsewhere": {
    rules: (elsewhere) => [
      {
        match: CONFIG,
        act: ({ path }) => redirect(`http://${elsewhere}${path}`),
      },
    ],
  },
  "layer: cut": {
    rules: () => [{ match: BLOB, nth: 1, stopAt: SIZE >> 1 }],
    asked: { layer: 2 },
  },
  "layer: reset in the middle": {
    rules: () => [{ match: BLOB, nth: 1, stopAt: SIZE >> 1, stop: "reset" }],
    asked: { layer: 2 },
  },
  "layer: reset at its first byte, each time": {
    rules: () => [{ match: BLOB, stopAt: 0, stop: "reset" }],
    ...{ code: 6, says: `got 0 of ${SIZE} bytes (the connection broke)` },
    asked: { layer: 3 },
  },
  "layer: silent in the middle": {
    rules: () => [{ match: BLOB, nth: 1, stopAt: SIZE >> 1, stop: "hang" }],
    asked: { layer: 2 },
    retry: HASTY,
  },
  "layer: too long by its length": {
    rules: () => [{
      match: BLOB,
      headers: { "content-length": `${SIZE + 10}` },
    }],
    ...{ code: 5, says: `server sends ${SIZE + 10} bytes, expected ${SIZE}` },
    asked: { layer: 2 },
  },
  "layer: too short": {
    rules: () => [{ match: BLOB, rewrite: (bytes) => bytes.slice(10) }],
    ...{ code: 5, says: `server sends ${SIZE - 10} bytes, expected ${SIZE}` },
    asked: { layer: 2 },
  },
  "layer: spoilt each time": {
    rules: () => [{ match: BLOB, rewrite: spoil }],
    ...{ code: 5, says: digestOf(LAYER.blob) },
    asked: { layer: 2 },
  },
  "layer: in chunks": {
    rules: () => [{
      match: BLOB,
      headers: { "content-length": null, "transfer-encoding": "chunked" },
    }],
  },
  "layer: without a length": {
    rules: () => [{ match: BLOB, headers: { "content-length": null } }],
  },
  "layer: packed once more": {
    rules: () => [{ match: BLOB, ...packed() }],
  },
  "layer: another digest in a header": {
    rules: () => [{
      match: BLOB,
      headers: { "docker-content-digest": digestOf("other") },
    }],
  },
};

Deno.test("pullImage() takes right bytes, however they come, and no others", {
  ...needs("root", "tar", ...REGISTRY_PROGRAMS),
}, (t) => tryAll(t, BODIES));

function packed(): Rule {
  return {
    headers: { "content-encoding": "gzip" },
    rewrite: (bytes) => Uint8Array.from(gzipSync(bytes)),
  };
}

function spoil(bytes: Bytes): Bytes {
  return bytes.map((byte, at) => at === bytes.length >> 1 ? byte ^ 1 : byte);
}
