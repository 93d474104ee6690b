// Captures made by hand: DNS messages over UDP with exactly these names, whatever their bytes.

const server = [192, 0, 2, 53];

function wireName(labels) {
  const parts = labels.map((label) => {
    const bytes = Buffer.isBuffer(label) ? label : Buffer.from(label);
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function frame({ labels, rcode = 3, client = [198, 51, 100, 7], query = false }) {
  const head = Buffer.from([0, 7, query ? 0x01 : 0x81, query ? 0 : 0x80 | rcode, 0, 1, 0, 0, 0, 0, 0, 0]);
  const dns = Buffer.concat([head, wireName(labels), Buffer.from([0, 1, 0, 1])]);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(53, query ? 2 : 0);
  udp.writeUInt16BE(4711, query ? 0 : 2);
  udp.writeUInt16BE(8 + dns.length, 4);
  const [from, to] = query ? [client, server] : [server, client];
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, ...from, ...to]);
  ip.writeUInt16BE(28 + dns.length, 2);
  ip.writeUInt16BE(checksum(ip), 10);
  return Buffer.concat([Buffer.alloc(12), Buffer.from([8, 0]), ip, udp, dns]);
}

// `messages`: {t: seconds since 1970, labels, rcode, client, query}, in the order of their times; responses, unless
// `query` says otherwise.
export function capture(messages) {
  const out = [Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex')];
  for (const message of messages) {
    const bytes = frame(message);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(Math.floor(message.t), 0);
    head.writeUInt32LE(Math.round((message.t % 1) * 1e6), 4);
    head.writeUInt32LE(bytes.length, 8);
    head.writeUInt32LE(bytes.length, 12);
    out.push(head, bytes);
  }
  return Buffer.concat(out);
}

// How many names below a domain fail in one second, and a packet long after that ends the event.
export function attack(t, domain, names) {
  const all = [];
  for (let i = 0; i < names; ++i) all.push({ t: t + i / names, labels: [`n${i}x`, ...domain] });
  return [...all, quiet(t + 15), quiet(t + 300)];
}

// Moves time on.
export function quiet(t) {
  return { t, labels: ['www', 'quiet', 'example'], rcode: 0 };
}

// How many packets a capture holds; it throws for what is none.
export function countPackets(bytes) {
  if (![0xa1b2c3d4, 0xa1b23c4d].includes(bytes.readUInt32LE(0))) throw new Error('no pcap');
  let at = 24;
  let count = 0;
  for (; at < bytes.length; ++count) at += 16 + bytes.readUInt32LE(at + 8);
  if (at !== bytes.length) throw new Error('cut off');
  return count;
}
