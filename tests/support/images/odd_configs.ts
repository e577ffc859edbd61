/** Configs as they are in the world. */

import { makeImage } from "../servers/served_image.ts";
import { docker, LAYER, type OddImage } from "./make_odd_image.ts";

const ROOTFS = { type: "layers", "diff_ids": [LAYER.diffId] };

/** By a name that says what is odd. */
export const ODD_CONFIGS: Readonly<Record<string, OddImage>> = {
  ...Object.fromEntries(
    Object.entries({
      "everything null": {
        ...{ created: null, author: null, history: null, config: null },
        ...{ variant: null, "os.version": null, "os.features": null },
      },
      "parts of config null": {
        config: {
          ...{ Env: null, Cmd: null, Entrypoint: null, Volumes: null },
          ...{ Labels: null, ExposedPorts: null, User: null },
          ...{ WorkingDir: null, StopSignal: null, Healthcheck: null },
        },
      },
      "no config": { config: undefined },
      "history without entries": { history: [] },
      "history with null": { history: [null] },
      "more history than layers": {
        history: [{ created_by: "a" }, { created_by: "b" }],
      },
      "history all empty": {
        history: [{ created_by: "a", empty_layer: true }],
      },
      "a rootfs without type": { rootfs: { "diff_ids": [LAYER.diffId] } },
      "a rootfs with base_layer": { rootfs: { ...ROOTFS, base_layer: "x" } },
      "a command as text": { config: { Cmd: "sh" } },
      "a healthcheck": {
        config: { Healthcheck: { Test: ["NONE"], Interval: 1e9 } },
      },
      "an empty created": { created: "" },
      "created without zone": { created: "2024-01-01T00:00:00" },
      "a healthcheck with text": {
        config: { Healthcheck: { Interval: "30s" } },
      },
      "os.version": { "os.version": "10.0.1", "os.features": ["a"] },
      "no architecture": { architecture: "" },
      "architecture is x86_64": { architecture: "x86_64" },
      "os is Linux": { os: "Linux" },
      "variant v1": { variant: "v1" },
      "variant v3": { variant: "v3" },
      "keys that differ in case": { Config: {}, OS: "linux" },
    }).map(([name, config]) => [`config: ${name}`, {
      image: makeImage([LAYER], { config }),
    }]),
  ),
  ...Object.fromEntries(
    Object.entries({
      "a healthcheck": {
        config: { Healthcheck: { Test: ["NONE"], Interval: 1e9 } },
      },
      "a healthcheck with text": {
        config: { Healthcheck: { Interval: "30s" } },
      },
      "a shell that is text": { config: { Shell: "/bin/sh" } },
      "a terminal that is text": { container_config: { Tty: "yes" } },
      "a version that is a number": { docker_version: 27 },
      "an empty created": { created: "" },
      "no created": { created: null },
      "extras that are null": {
        ...{ container_config: null, docker_version: null, id: null },
        config: { Healthcheck: null, OnBuild: null, Shell: null },
      },
    }).map(([name, content]) => [`Docker config: ${name}`, {
      image: docker({ content }),
    }]),
  ),
  "config: no rootfs, no layers": {
    image: makeImage([], { config: { rootfs: undefined } }),
  },
  "config: null rootfs, no layers": {
    image: makeImage([], { config: { rootfs: null } }),
  },
};
