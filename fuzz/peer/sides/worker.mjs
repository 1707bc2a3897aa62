// The other runtime's end of the socket: hands each request to the driver.
//
// A request: 4 bytes, little-endian, the length of the cases; the cases; the bytes of their modules.
/* global Response, TextDecoder */
import {makeDriver} from './driver.mjs';

export default {
  async fetch(request, env) {
    const body = await request.arrayBuffer();
    const length = new DataView(body).getUint32(0, true);
    const cases = new TextDecoder().decode(new Uint8Array(body, 4, length));
    const run = makeDriver((bytes) => env.unsafe.newWasmModule(bytes));
    try {
      return new Response(await run(cases, body.slice(4 + length)));
    } catch (error) {
      return new Response(String(error?.stack), {status: 500});
    }
  },
};
