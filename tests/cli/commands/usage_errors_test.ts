/** What commands refuse before they do anything. */

import { refuses } from "../../support/cli_says.ts";
import { cliStore } from "../../support/cli_store.ts";

const ELSEWHERE = "it is for images elsewhere, such as docker://app";
const ALL = 'Cannot use "--all" with';

Deno.test("image commands refuse flags that contradict one another", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    ...["raw", "config", "no-tags"].map((flag) =>
      [
        `image inspect app --${flag}`,
        2,
        `Cannot use "--${flag}": ${ELSEWHERE}`,
      ] as const
    ),
    [
      "image inspect app docker://nope",
      2,
      'Cannot inspect "docker://nope" with others: one at a time',
    ],
    [
      "image inspect docker://nope --raw --format {{.ID}}",
      2,
      'Cannot use "--raw" with a template',
    ],
    ["rmi", 2, "Cannot tell which: name an image, or use --all"],
    ["rmi --all app", 2, `${ALL} "app": all images go, or those named`],
    [
      "save app -o /nope --compress",
      2,
      'Cannot use "--compress" but with "--format docker-dir"',
    ],
    ...["docker-archive", "docker-dir"].map((format) =>
      [
        `save app -o /nope --uncompressed --format ${format}`,
        2,
        `Cannot use "--uncompressed" with "--format ${format}"`,
      ] as const
    ),
    ...["docker-dir", "oci-dir"].map((format) =>
      [
        `save app --format ${format}`,
        2,
        `Cannot save as "${format}" to standard output: use --output DIRECTORY`,
      ] as const
    ),
    ...["http", "https"].map((scheme) =>
      [
        `load --input ${scheme}://nope`,
        2,
        `Cannot load "${scheme}://nope": orlop load reaches no network; use ` +
        '"curl URL | orlop load"',
      ] as const
    ),
    ["load --input=", 2, 'Cannot use "--input": it is empty'],
  ]);
});

Deno.test("container and pod commands refuse what cannot be meant", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    [
      "cp a b",
      2,
      'Cannot copy "a" to "b": neither is in a container; write CONTAINER:PATH',
    ],
    ...["./server:/a", "/server:/a", "../server:/a", ":a"].map((path) =>
      [
        `cp ${path} b`,
        2,
        `Cannot copy "${path}" to "b": neither is in a container`,
      ] as const
    ),
    [
      "container create app",
      2,
      "Cannot create a container without a pod: name one by --pod, or make " +
      "one by --pod new:NAME",
    ],
    [
      "container metadata server --set attempt=x",
      2,
      'Cannot set "attempt" to "x": expected a number',
    ],
    [
      "container metadata server --set attempt=1234567890",
      2,
      'Cannot set "attempt" to "1234567890": expected a number',
    ],
    [
      "pod create --name one two",
      2,
      'Cannot name a pod "one" and "two": choose one',
    ],
  ]);
});

Deno.test("other commands refuse what cannot be meant", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    ["logout --all nope", 2, `${ALL} a registry`],
    [
      "login nope --password x --password-stdin",
      2,
      'Cannot use "--password" with "--password-stdin"',
    ],
    [
      "login nope --password-stdin",
      2,
      'Cannot use "--password-stdin" without "--username"',
    ],
    ["completion nope", 2, 'Cannot complete for "nope": orlop knows bash, '],
    ["schedule nope", 2, 'Cannot schedule by "nope": use cron or systemd'],
    [
      "schedule cron --program orlop",
      2,
      'Cannot schedule "orlop": use an absolute path',
    ],
    ...["24:00", "3:60", "3", "03:7", "003:17", "-1:00"].map((at) =>
      [
        `schedule cron --program /orlop --at=${at}`,
        2,
        `Cannot use "--at=${at}": write it like 03:17`,
      ] as const
    ),
  ]);
});
