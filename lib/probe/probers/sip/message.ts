import type { MessageHead } from '../../wire/text-message.ts';

/** How our request is told from others. Source: RFC 3261 §17.1.3. */
export interface SipRequest {
  readonly uri: string;
  readonly transport: 'UDP' | 'TCP' | 'TLS';
  /** host and port that we send from */
  readonly from: string;
  readonly branch: string;
  readonly tag: string;
  readonly callId: string;
}

/** Source: RFC 3261 §11.1; `rport`: RFC 3581. */
export function encodeOptions({ uri, transport, from, branch, tag, callId }: SipRequest): string {
  const me = transport === 'TLS' ? `sips:puptime@${from}` : `sip:puptime@${from}`;
  return [
    `OPTIONS ${uri} SIP/2.0`,
    `Via: SIP/2.0/${transport} ${from};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <${me}>;tag=${tag}`,
    `To: <${uri}>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    `Contact: <${me}${transport === 'TCP' ? ';transport=tcp' : ''}>`,
    'Accept: application/sdp',
    'User-Agent: puptime',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** Whether it is about our request: its topmost Via, its Call-ID and CSeq. */
export function answers({ fields }: MessageHead, { branch, callId }: SipRequest): boolean {
  const via = fields.get('via')?.[0]?.split(',', 1)[0] ?? '';
  const parameters = via.split(';').map((one) => one.replace(/\s/g, ''));
  const sequence = (fields.get('cseq')?.[0] ?? '').split(/\s+/);
  return (
    parameters.some((one) => one.toLowerCase() === `branch=${branch}`.toLowerCase()) &&
    fields.get('call-id')?.[0] === callId &&
    Number(sequence[0]) === 1 &&
    sequence[1]?.toUpperCase() === 'OPTIONS'
  );
}
