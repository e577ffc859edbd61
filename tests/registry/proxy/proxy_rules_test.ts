import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  readProxyRules,
  routeTo,
} from "../../../src/registry/proxy/proxy_rules.ts";

const PROXY = "http://proxy.lan:3128";

// What skopeo does, by the documentation and the tests of Go's httpproxy.
const NO_PROXY_CASES: readonly [
  list: string,
  direct: readonly string[],
  proxied: readonly string[],
][] = [
  ["", ["localhost", "localhost:5000", "127.0.0.1", "127.9.9.9:1", "[::1]"], [
    "q.io",
    "localhost.lan",
    "10.0.0.1",
    "[::2]",
  ]],
  ["*", ["q.io", "10.0.0.1"], []],
  ["q.io", ["q.io", "Q.IO:5000", "x.q.io", "a.b.q.io"], ["aq.io", "q.io.x"]],
  [".q.io", ["x.q.io", "a.b.q.io"], ["q.io"]],
  ["*.q.io", ["x.q.io"], ["q.io"]],
  ["q.io:5000", ["q.io:5000", "x.q.io:5000"], ["q.io", "q.io:5001"]],
  ["q.io:443", ["q.io"], ["q.io:5000"]],
  [" a.io , Q.io,", ["a.io", "q.io"], ["b.io"]],
  ["10.0.0.1", ["10.0.0.1", "10.0.0.1:5000"], ["10.0.0.2"]],
  ["10.0.0.1:5000", ["10.0.0.1:5000"], ["10.0.0.1"]],
  ["10.0.0.0/8", ["10.0.0.1", "10.9.9.9:5000"], ["11.0.0.1", "10.lan"]],
  ["10.0.0.0/33,fd00::1/129", [], ["10.0.0.1", "[fd00::1]"]],
  ["10.0.0.0/,10.0.0.0/x,10.0.0.0/1234", [], ["10.0.0.1"]],
  ["q.io/8,10.0.0/8,/8", [], ["q.io", "10.0.0.1"]],
  ["fd00::1/128", ["[fd00::1]"], ["[fd00::2]"]],
  ["::ffff:10.0.0.0/8", ["10.0.0.1"], ["11.0.0.1"]],
  ["128.0.0.0", ["127.0.0.1", "128.0.0.0"], ["126.0.0.1", "128.0.0.1"]],
  ["10.0.0.1/32", ["10.0.0.1"], ["10.0.0.2"]],
  ["255.255.255.255,256.0.0.1", ["255.255.255.255"], ["0.0.0.1"]],
  ["192.168.7.128/25", ["192.168.7.200"], ["192.168.7.1"]],
  ["0.0.0.0/0", ["1.2.3.4"], ["q.io", "[fd00::1]"]],
  ["fd00::/8", ["[fd00::1]", "[fdff::1]:5000"], ["[fe00::1]", "10.0.0.1"]],
  ["fd00::1", ["[fd00:0:0::1]"], ["[fd00::2]"]],
  ["[fd00::1]", ["[fd00::1]"], []],
  ["[fd00::1]:5000", ["[fd00::1]:5000"], ["[fd00::1]"]],
  ["::ffff:10.0.0.1", ["10.0.0.1"], ["10.0.0.2"]],
  ["999.0.0.1,:5000,.", [], ["q.io:5000"]],
  ["bücher.de", ["xn--bcher-kva.de", "x.bücher.de"], ["bucher.de"]],
];

Deno.test("routeTo() respects all forms of NO_PROXY", async (t) => {
  for (const [list, direct, proxied] of NO_PROXY_CASES) {
    await t.step(list || "localhost", () => {
      const env: Record<string, string> = {
        "HTTPS_PROXY": PROXY,
        "NO_PROXY": list,
      };
      const rules = readProxyRules((name) => env[name]);
      const isDirect = (host: string) =>
        routeTo(new URL(`https://${host}/v2/`), rules).proxy === undefined;
      assertEquals(direct.filter((host) => !isDirect(host)), []);
      assertEquals(proxied.filter(isDirect), []);
    });
  }
});

Deno.test("routeTo() reports why it asks directly", () => {
  const env: Record<string, string> = {
    "https_proxy": PROXY,
    "no_proxy": "Q.io",
  };
  const rules = readProxyRules((name) => env[name]);
  const routes = ["https://q.io", "https://localhost", "http://q.io"]
    .map((url) => routeTo(new URL(url), rules));
  assertEquals(routes, [
    { exemption: 'NO_PROXY has "Q.io"' },
    { exemption: "it is this machine" },
    {},
  ]);
});

Deno.test("readProxyRules() reads proxies as Go does", async (t) => {
  const cases: readonly [Record<string, string>, string, unknown][] = [
    [{ "HTTPS_PROXY": "proxy.lan:3128" }, "https:", {
      origin: "http://proxy.lan:3128",
      variable: "HTTPS_PROXY",
    }],
    [{ "https_proxy": "10.0.0.1" }, "https:", {
      origin: "http://10.0.0.1",
      variable: "https_proxy",
    }],
    [{ "HTTPS_PROXY": "", "https_proxy": PROXY }, "https:", {
      origin: PROXY,
      variable: "https_proxy",
    }],
    [{ "HTTPS_PROXY": PROXY, "https_proxy": "http://x" }, "https:", {
      origin: PROXY,
      variable: "HTTPS_PROXY",
    }],
    [{ "HTTP_PROXY": "https://p.lan:8443/x" }, "http:", {
      origin: "https://p.lan:8443",
      variable: "HTTP_PROXY",
    }],
    [{ "HTTPS_PROXY": "socks5://p.lan:1080" }, "https:", {
      origin: "socks5://p.lan:1080",
      variable: "HTTPS_PROXY",
    }],
    [{ "HTTPS_PROXY": "http://me:p%40s%@p.lan" }, "https:", {
      origin: "http://p.lan",
      variable: "HTTPS_PROXY",
      login: { username: "me", password: "p%40s%" },
    }],
    [{ "HTTPS_PROXY": "me:p%40s@p.lan:1" }, "https:", {
      origin: "http://p.lan:1",
      variable: "HTTPS_PROXY",
      login: { username: "me", password: "p@s" },
    }],
    [{ "ALL_PROXY": PROXY, "HTTP_PROXY": PROXY }, "https:", undefined],
  ];
  for (const [env, scheme, proxy] of cases) {
    await t.step(JSON.stringify(env), () => {
      const rules = readProxyRules((name) => env[name]);
      assertEquals(routeTo(new URL(`${scheme}//q.io`), rules).proxy, proxy);
    });
  }
});

Deno.test("readProxyRules() refuses what is no proxy, and hides its login", () => {
  for (
    const value of ["http://me:SECRET@", "ftp://me:SECRET@p", "a b:SECRET@"]
  ) {
    const error = assertThrows(
      () => readProxyRules((name) => name === "HTTPS_PROXY" ? value : ""),
      SyntaxError,
    );
    assertMatch(error.message, /^Cannot use HTTPS_PROXY: (?!.*SECRET)/);
  }
});
