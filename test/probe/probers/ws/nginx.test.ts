import { afterAll, beforeAll, expect, it } from 'vitest';
import { ws } from '../../../../lib/probe/probers/ws.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { NGINX_PROGRAMS } from '../../../servers/nginx.ts';
import { type NginxProxy, startNginxProxy } from '../../../servers/nginx-proxy.ts';
import { type WsPeer, startWsPeer } from './peer.ts';

describeWith(NGINX_PROGRAMS, 'nginx in front of a WebSocket server', () => {
  let peer: WsPeer;
  let nginx: NginxProxy;
  beforeAll(async () => {
    peer = await startWsPeer();
    nginx = await startNginxProxy('ws', peer.port);
  });
  afterAll(async () => {
    await nginx.stop();
    peer.close();
  });

  it('is up, in the clear and with TLS, though it offers HTTP/2 to others', async () => {
    const entry = { options: { send: 'hello' }, expect: { reply: 'hello' } };
    const clear = await probeTarget(ws, `ws://127.0.0.1:${String(nginx.port)}/`, entry);
    expect(clear.reasons).toEqual([]);
    const tls = { service: { tls: { ca: testCertificates().ca } } };
    const secure = await probeTarget(ws, `wss://localhost:${String(nginx.securePort)}/`, {
      ...entry,
      ...tls,
    });
    expect(secure.reasons).toEqual([]);
    expect(secure.facts).toMatchObject({ close_code: 1000, pong: true });
  });

  it('is 502 when the server behind is gone, and timeout when it is frozen itself', async () => {
    const gone = await startNginxProxy('ws', 1);
    const result = await probeTarget(ws, `ws://127.0.0.1:${String(gone.port)}/`);
    expect(result.reason).toMatchObject({ code: 'status', got: 502 });
    gone.signal('SIGSTOP');
    const frozen = await probeTarget(ws, `ws://127.0.0.1:${String(gone.port)}/`, { timeout_ms: 300 });
    expect([frozen.reason?.code, frozen.reason?.phase]).toEqual(['timeout', 'protocol']);
    await gone.stop();
  });
});
