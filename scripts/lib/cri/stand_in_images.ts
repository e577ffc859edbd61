/**
 * Makes what stands in for the images that critest's specs name, out of Debian's
 * programs and the libraries that these need.
 */

import type { Bytes } from "../../../src/formats/bytes.ts";
import { run } from "../../../tests/support/servers/registry_server.ts";
import {
  assembleImage,
  makeDigestImage,
  pushImage,
  type RegistryImage,
} from "./registry_image.ts";

/** Where the registry keeps what is of `registry.k8s.io`. */
export const KUBERNETES = "k8s";
/** Where the registry keeps what is of `gcr.io/k8s-staging-cri-tools`. */
export const CRI_TOOLS = "k8s-staging-cri-tools";
/** Where it keeps what critest's benchmarks list. */
export const LIBRARY = "docker/library";
/** The image with a shell and tools. */
export const BUSYBOX = "registry.k8s.io/e2e-test-images/busybox:1.29-2";
/** The web server, on port 80. */
export const NGINX = "registry.k8s.io/e2e-test-images/nginx:1.14-2";

const E2E = `${KUBERNETES}/e2e-test-images`;
const PORT_OF_HOST_NETWORK = 12003;

/** A program of Debian, by its path here, and where an image has it. */
interface Program {
  readonly from: string;
  readonly to: string;
  readonly mode?: number;
}

/**
 * Makes all images and pushes them.
 *
 * @param directory An empty one.
 * @param busybox Debian's, of the package `busybox`: the shell of the static one
 * runs `ls` itself, even where a container must not see `/bin/ls`.
 */
export async function pushStandIns(
  registry: string,
  { directory, busybox }: {
    readonly directory: string;
    readonly busybox: string;
  },
): Promise<void> {
  const shell = await makeShellLayer(`${directory}/shell`, busybox);
  const web = await makeWebLayer(`${directory}/web`);
  for (const [names, image] of listImages({ shell, web, directory })) {
    const made = await image();
    for (const name of names) {
      const [repository = "", tag = "latest"] = name.split(":");
      await pushImage(registry, { image: made, repository, tag });
    }
  }
}

/** Names of an image, without the registry's, and how it is made. */
type StandIn = readonly [
  names: readonly string[],
  make: () => RegistryImage | Promise<RegistryImage>,
];

function listImages({ shell, web, directory }: {
  readonly shell: Bytes;
  readonly web: Bytes;
  readonly directory: string;
}): readonly StandIn[] {
  const base = (config = {}) =>
    assembleImage([shell], { Env: [PATH], ...config });
  const unlike = async (name: string) => {
    const layer = await makeFileLayer(`${directory}/${name}`, name);
    return assembleImage([shell, layer], { Env: [PATH], Cmd: ["sh"] });
  };
  const server = (name: string, port: number) =>
    assembleImage([shell, web], { Env: [PATH], Cmd: serve(name, port) });
  return [
    [[`${E2E}/busybox:1.29-2`], () => base({ Cmd: ["sh"] })],
    [[`${E2E}/nginx:1.14-2`], () => server("nginx", 80)],
    [[`${E2E}/httpd:2.4.39-4`], () => server("httpd", 80)],
    [
      [`${CRI_TOOLS}/hostnet-nginx-amd64`, `${CRI_TOOLS}/hostnet-nginx-arm64`],
      () => server("nginx", PORT_OF_HOST_NETWORK),
    ],
    [[`${E2E}/nonewprivs:1.3`], async () => {
      const layer = await makeSetuidLayer(`${directory}/setuid`);
      return assembleImage([shell, layer], { Env: [PATH], Cmd: TELL_USER });
    }],
    [[`${KUBERNETES}/pause:3.9`], () => base({ Cmd: WAIT })],
    // Its content differs: a spec counts the names of the other image.
    [
      [`${KUBERNETES}/sandbox`],
      () => assembleImage([shell, shell], { Cmd: WAIT }),
    ],
    [[`${CRI_TOOLS}/test-image-digest`], makeDigestImage],
    ...listUsers(base),
    ...listTags(unlike),
  ];
}

/** Those that specs pull, list and remove, each of its own content. */
function listTags(
  unlike: (name: string) => Promise<RegistryImage>,
): readonly StandIn[] {
  const sameImage = [1, 2, 3].map((tag) =>
    `${CRI_TOOLS}/test-image-tags:${tag}`
  );
  const single = [
    ...["latest", "tag:test", "tag:all", "1", "2", "3"]
      .map((name) => `${CRI_TOOLS}/test-image-${name}`),
    ...LISTED.map((tag) => `${LIBRARY}/busybox:${tag}`),
  ];
  return [sameImage, ...single.map((name) => [name])]
    .map((names, index) => [names, () => unlike(`unlike-${index}`)]);
}

const LISTED = ["1", "1-glibc", "1-musl", "1-uclibc", "1.35.0-glibc"];

function listUsers(
  base: (config: Record<string, unknown>) => RegistryImage,
): readonly StandIn[] {
  return Object.entries({
    "user-uid": "1002",
    "user-username": "www-data",
    "user-uid-group": "1003:1003",
    "user-username-group": "www-data:www-data",
    "predefined-group": "1000",
  }).map(([name, User]) => [
    [`${CRI_TOOLS}/test-image-${name}`],
    () => base({ User, Cmd: ["sh"] }),
  ]);
}

// Not by `sleep`, which a spec looks for among the processes of a pod.
const WAIT = ["/bin/tail", "-f", "/dev/null"];
const PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

async function makeShellLayer(root: string, busybox: string): Promise<Bytes> {
  await addProgram(root, { from: busybox, to: "/bin/busybox" });
  // Hard links: who hides one of them must not hide all.
  for (const name of (await run(busybox, "--list")).trim().split("\n")) {
    if (name !== "busybox") {
      await Deno.link(`${root}/bin/busybox`, `${root}/bin/${name}`);
    }
  }
  await addProgram(root, { from: "/usr/bin/ipcs", to: "/bin/ipcs" });
  await Deno.writeTextFile(`${root}/bin/pgrep`, '#!/bin/sh\npidof "$1"\n', {
    mode: 0o755,
  });
  for (
    const folder of [
      "etc",
      "root",
      "proc",
      "sys",
      "dev",
      "run",
      "usr/sbin",
      "var",
    ]
  ) {
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  }
  await Deno.mkdir(`${root}/tmp`);
  await Deno.chmod(`${root}/tmp`, 0o1777);
  await Deno.symlink("/run", `${root}/var/run`);
  await Deno.writeTextFile(`${root}/etc/passwd`, USERS);
  await Deno.writeTextFile(`${root}/etc/group`, GROUPS);
  return pack(root);
}

const USERS = `root:x:0:0:root:/root:/bin/sh
www-data:x:33:33:www-data:/var/www:/bin/false
default-user:x:1000:1000:default-user:/:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
`;
const GROUPS = `root:x:0:
www-data:x:33:
default-user:x:1000:
group-defined-in-image:x:50000:default-user
nogroup:x:65534:
`;

async function makeWebLayer(root: string): Promise<Bytes> {
  await addProgram(root, { from: "/usr/sbin/nginx", to: "/usr/sbin/nginx" });
  for (const folder of ["etc/nginx", "var/lib/nginx", "var/log/nginx", "srv"]) {
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  }
  await Deno.writeTextFile(`${root}/srv/index.html`, "hello\n");
  return pack(root);
}

/** The command of a web server that names itself in its log. */
function serve(name: string, port: number): readonly string[] {
  const config = `daemon off; user root; pid /var/run/nginx.pid;
    error_log stderr notice; worker_processes 1; events { }
    http { access_log off; server {
      listen ${port}; listen [::]:${port}; root /srv; } }`;
  const start = `echo ${name}; echo "$0" >/etc/nginx/nginx.conf; ` +
    "exec nginx -c /etc/nginx/nginx.conf";
  return ["sh", "-c", start, config];
}

const TELL_USER = ["sh", "-c", 'echo "Effective uid: $(/bin/setuid-id -u)"'];

async function makeSetuidLayer(root: string): Promise<Bytes> {
  await addProgram(root, {
    ...{ from: "/usr/bin/id", to: "/bin/setuid-id", mode: 0o4755 },
  });
  return pack(root);
}

async function makeFileLayer(root: string, name: string): Promise<Bytes> {
  await Deno.mkdir(root);
  await Deno.writeTextFile(`${root}/stand-in`, `${name}\n`);
  return pack(root);
}

async function addProgram(
  root: string,
  { from, to, mode = 0o755 }: Program,
): Promise<void> {
  const libraries = (await run("ldd", from)).matchAll(/(\/\S+) \(0x/g);
  const files = [
    [from, to, mode] as const,
    ...[...libraries].map(([, path = ""]) => [path, path, 0o755] as const),
  ];
  for (const [source, target, bits] of files) {
    const place = `${root}${target}`;
    await Deno.mkdir(place.slice(0, place.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.copyFile(source, place);
    await Deno.chmod(place, bits);
  }
}

async function pack(root: string): Promise<Bytes> {
  const { success, stdout } = await new Deno.Command("tar", {
    args: [
      ...["-C", root, "--sort=name", "--owner=0", "--group=0"],
      ...["--numeric-owner", "--mtime=@0", "-c", "."],
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot pack "${root}": tar failed`);
  return stdout;
}
