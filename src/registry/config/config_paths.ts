/** Where the configuration of registries is: the rules of containers/image. */

/** What the places of configuration files depend on. */
export interface Surroundings {
  /** Values of {@linkcode ENVIRONMENT_NAMES}, where they are set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The user's ID; 0 is the default. */
  readonly uid?: number;
  /** In place of `/etc`. */
  readonly systemDirectory?: string;
}

/** The files of one kind, in the order of their use. */
export interface ConfigPaths {
  /** Folders of certificates, without the host's name. */
  readonly certs: readonly string[];
  /** Credential files. */
  readonly auth: readonly string[];
  /** The system's registries.conf, or one that was named. */
  readonly registriesConf: {
    readonly path: string;
    /** Whether somebody named it, so that it must exist. */
    readonly isExplicit: boolean;
  };
  /** Used in place of that above if it exists. */
  readonly userRegistriesConf: string | undefined;
  /** Folders of drop-ins. */
  readonly dropIns: readonly string[];
  /** The folder of the user's drop-ins. */
  readonly userDropIns: string | undefined;
  /** Written by podman when a short name was chosen by hand. */
  readonly aliases: string;
}

/** The variables of the environment that matter here. */
export const ENVIRONMENT_NAMES: readonly string[] = [
  "HOME",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_RUNTIME_DIR",
  "DOCKER_CONFIG",
  "REGISTRY_AUTH_FILE",
  "CONTAINERS_REGISTRIES_CONF",
  "REGISTRIES_CONFIG_PATH",
];

/** Says where configuration is to be looked for. */
export function configPaths(surroundings: Surroundings): ConfigPaths {
  const { env = {}, uid = 0, systemDirectory = "/etc" } = surroundings;
  const system = `${systemDirectory}/containers`;
  const user = homePath(env, {
    variable: "XDG_CONFIG_HOME",
    folder: ".config",
  });
  const cache = homePath(env, { variable: "XDG_CACHE_HOME", folder: ".cache" });
  const named = env["CONTAINERS_REGISTRIES_CONF"] ??
    env["REGISTRIES_CONFIG_PATH"];
  const isRoot = uid === 0;
  return {
    certs: [
      ...under(user, "certs.d"),
      `${system}/certs.d`,
      `${systemDirectory}/docker/certs.d`,
    ],
    auth: authPaths(surroundings, user),
    registriesConf: {
      path: named ?? `${system}/registries.conf`,
      isExplicit: named !== undefined,
    },
    userRegistriesConf: named === undefined
      ? under(user, "registries.conf")[0]
      : undefined,
    dropIns: [`${system}/registries.conf.d`],
    userDropIns: under(user, "registries.conf.d")[0],
    aliases: isRoot || cache === undefined
      ? "/var/cache/containers/short-name-aliases.conf"
      : `${cache}/short-name-aliases.conf`,
  };
}

function authPaths(
  { env = {}, uid = 0 }: Surroundings,
  user: string | undefined,
): readonly string[] {
  const named = env["REGISTRY_AUTH_FILE"];
  if (named !== undefined && named !== "") return [named];
  const home = env["HOME"];
  const docker = env["DOCKER_CONFIG"] ??
    (home === undefined ? undefined : `${home}/.docker`);
  const runtime = env["XDG_RUNTIME_DIR"];
  return [
    runtime === undefined
      ? `/run/containers/${uid}/auth.json`
      : `${runtime}/containers/auth.json`,
    ...under(user, "auth.json"),
    ...under(docker, "config.json"),
    ...under(home, ".dockercfg"),
  ];
}

function homePath(
  env: Readonly<Record<string, string | undefined>>,
  { variable, folder }: { variable: string; folder: string },
): string | undefined {
  const base = env[variable] ??
    (env["HOME"] === undefined ? undefined : `${env["HOME"]}/${folder}`);
  return base === undefined ? undefined : `${base}/containers`;
}

function under(folder: string | undefined, name: string): readonly string[] {
  return folder === undefined ? [] : [`${folder}/${name}`];
}
