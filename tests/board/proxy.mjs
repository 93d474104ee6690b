// A way to the server that can be blocked: what the server sends then piles up in the kernel, as with a
// browser that is too slow.
import { connect, createServer } from 'node:net';

export class Proxy {
  static async start(port) {
    const proxy = new Proxy();
    proxy.upstreams = new Set();
    proxy.sockets = new Set();
    proxy.server = createServer((client) => {
      const upstream = connect(port, '127.0.0.1');
      proxy.upstreams.add(upstream);
      for (const socket of [client, upstream]) {
        proxy.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => (client.destroy(), upstream.destroy()));
      }
      upstream.on('data', (bytes) => client.write(bytes));
      client.on('data', (bytes) => upstream.write(bytes));
    });
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}/`;
    return proxy;
  }
  block() {
    for (const upstream of this.upstreams) upstream.pause();
  }
  unblock() {
    for (const upstream of this.upstreams) upstream.resume();
  }
  stop() {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
