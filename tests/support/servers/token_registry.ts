/**
 * A registry whose tokens come from a token service: Debian's docker-registry,
 * which checks their signatures, behind a service that speaks the distribution
 * project's "Token Authentication" and "OAuth2 Token Authentication".
 */

import { toBytes } from "../../../src/formats/bytes.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import { makeSelfSigned } from "./make_certificates.ts";
import { freePort, waitForPort } from "./registry_server.ts";

/** A running registry. */
export interface TokenRegistry extends AsyncDisposable {
  /** Of registry and token service, such as `127.0.0.1:40123`. */
  readonly host: string;
  /** What the token service was asked. */
  readonly asked: readonly TokenRequest[];
  /** Refresh tokens that are valid; tests may take some away. */
  readonly refreshTokens: Set<string>;
}

/** What the token service was asked for. */
export interface TokenRequest {
  readonly method: string;
  /** Of the query, or of the form. */
  readonly parameters: URLSearchParams;
  readonly authorization: string | null;
}

/** Options of {@linkcode startTokenRegistry}. */
export interface TokenRegistryOptions {
  readonly user: { readonly name: string; readonly password: string };
  /** `"given"` to who asks for one that stands for the password. */
  readonly refreshTokens?: "given" | "none" | "given but not taken";
}

/** The programs that {@linkcode startTokenRegistry} needs. */
export const TOKEN_PROGRAMS = ["docker-registry", "skopeo", "openssl"];

const SERVICE = "test registry";
const ISSUER = "test issuer";

/** Starts an empty registry. */
export async function startTokenRegistry(
  options: TokenRegistryOptions,
): Promise<TokenRegistry> {
  const dir = tempDir();
  const signer = await makeSigner(dir);
  const inner = `127.0.0.1:${freePort()}`;
  const asked: TokenRequest[] = [];
  const refreshTokens = new Set<string>();
  const service = { ...options, signer, asked, tokens: refreshTokens };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/token"
        ? answer(request, service)
        : passOn(request, inner),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  const config = dir.join("config.yml");
  await Deno.writeTextFile(config, configText(dir, { host, inner }));
  const child = new Deno.Command("docker-registry", {
    args: ["serve", config],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitForPort(Number(inner.split(":")[1]));
  return {
    host,
    asked,
    refreshTokens,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      child.kill("SIGKILL");
      await child.status;
      dir[Symbol.dispose]();
    },
  };
}

function configText(
  dir: TempDir,
  { host, inner }: { host: string; inner: string },
): string {
  // JSON is YAML.
  return JSON.stringify({
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: dir.join("data") } },
    http: { addr: inner, relativeurls: true },
    auth: {
      token: {
        realm: `http://${host}/token`,
        service: SERVICE,
        issuer: ISSUER,
        rootcertbundle: dir.join("cert.pem"),
      },
    },
  });
}

async function passOn(request: Request, inner: string): Promise<Response> {
  const url = new URL(request.url);
  url.host = inner;
  const { method, headers, body } = request;
  const init = { method, headers, body, redirect: "manual" } as const;
  return await fetch(url, init);
}

interface Service extends TokenRegistryOptions {
  readonly signer: Signer;
  readonly asked: TokenRequest[];
  readonly tokens: Set<string>;
}

async function answer(request: Request, service: Service): Promise<Response> {
  const { method, headers } = request;
  const isForm = method === "POST";
  const parameters = isForm
    ? new URLSearchParams(await request.text())
    : new URL(request.url).searchParams;
  const authorization = headers.get("authorization");
  service.asked.push({ method, parameters, authorization });
  const scopes = parameters.getAll("scope").flatMap((text) => text.split(" "));
  const isKnown = isForm
    ? takesForm(parameters, service)
    : authorization === basicOf(service);
  if (!isKnown && (isForm || authorization !== null)) {
    return Response.json({ details: "incorrect username or password" }, {
      status: 401,
    });
  }
  const token = await service.signer(isKnown ? accessOf(scopes) : []);
  return Response.json({
    [isForm ? "access_token" : "token"]: token,
    "expires_in": 300,
    ...(isKnown ? refreshTokenFor(parameters, service) : {}),
  });
}

function takesForm(
  form: URLSearchParams,
  { user, tokens, refreshTokens }: Service,
): boolean {
  return form.get("grant_type") === "password"
    ? form.get("username") === user.name &&
      form.get("password") === user.password
    : refreshTokens === "given" && tokens.has(form.get("refresh_token") ?? "");
}

function refreshTokenFor(
  parameters: URLSearchParams,
  { refreshTokens = "none", tokens }: Service,
): Record<string, string> {
  const isAsked = parameters.get("offline_token") === "true" ||
    parameters.get("access_type") === "offline";
  if (refreshTokens === "none" || !isAsked) return {};
  const token = `refresh-${crypto.randomUUID()}`;
  tokens.add(token);
  return { "refresh_token": token };
}

function basicOf({ user }: Service): string {
  return `Basic ${toBytes(`${user.name}:${user.password}`).toBase64()}`;
}

function accessOf(scopes: readonly string[]): readonly unknown[] {
  return scopes.filter(Boolean).map((scope) => {
    const [type, name, actions = ""] = scope.split(":");
    return { type, name, actions: actions.split(",") };
  });
}

type Signer = (access: readonly unknown[]) => Promise<string>;

/** Makes a key and its certificate, and what signs tokens by them: RFC 7515. */
async function makeSigner(dir: TempDir): Promise<Signer> {
  const made = await makeSelfSigned();
  await Deno.writeTextFile(dir.join("cert.pem"), made.cert);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const isExportable = false;
  const key = await crypto.subtle.importKey(
    "pkcs8",
    fromPem(made.key),
    algorithm,
    isExportable,
    ["sign"],
  );
  const x5c = [fromPem(made.cert).toBase64()];
  return async (access) => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 60, exp: now + 300 };
    const names = { iss: ISSUER, aud: SERVICE, sub: "", jti: `${now}` };
    const signed = [
      { typ: "JWT", alg: "ES256", x5c },
      { ...names, ...times, access },
    ].map((part) => toBase64Url(toBytes(JSON.stringify(part)))).join(".");
    const signature = await crypto.subtle.sign(algorithm, key, toBytes(signed));
    return `${signed}.${toBase64Url(new Uint8Array(signature))}`;
  };
}

function fromPem(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(text.replace(/-----[^-]*-----/g, ""));
}

function toBase64Url(bytes: Uint8Array<ArrayBuffer>): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
