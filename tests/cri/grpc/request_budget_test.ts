import { assertEquals, assertThrows } from "@std/assert";
import { GrpcError } from "../../../src/cri/grpc/grpc_error.ts";
import { RequestBudget } from "../../../src/cri/grpc/request_budget.ts";

const MIB = 1024 * 1024;

Deno.test("RequestBudget is shared, and given back", () => {
  const budget = new RequestBudget();
  const shares = Array.from({ length: 4 }, () => budget.open());
  for (const share of shares) share.take(16 * MIB);
  {
    using late = budget.open();
    const error = assertThrows(() => late.take(1), GrpcError, "try again");
    assertEquals(error.code, 8);
  }
  shares[0]?.[Symbol.dispose]();
  using later = budget.open();
  later.take(16 * MIB);
  assertThrows(() => later.take(1), GrpcError);
});
