import { unmountContainer } from "../../../src/engine/pods/unmount_container.ts";
import { testUnmounting } from "./unmount_contract.ts";

testUnmounting(unmountContainer);
