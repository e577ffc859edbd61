/** A gRPC server on the socket that is named, until it gets SIGTERM. */

import { ImageService } from "../../../src/cri/api/api_pb.js";
import { GrpcServer } from "../../../src/cri/grpc/grpc_server.ts";

const [path = ""] = Deno.args;
const server = new GrpcServer();
server.add(ImageService, {
  listImages: () => ({ images: [{ id: "x".repeat(5000) }] }),
  async *streamImages() {
    for (let n = 0; n < 20; n++) yield { images: [{ id: "y".repeat(20_000) }] };
  },
  async pullImage(_request, { signal }) {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason));
    return await promise;
  },
});
await server.listen(path);
const { promise, resolve } = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", resolve);
await promise;
await server[Symbol.asyncDispose]();
Deno.exit(0);
