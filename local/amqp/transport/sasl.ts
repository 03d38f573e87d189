import type { Authorizer, TokenVerdict } from '../api.ts';
import { arrayOf, ubyte } from '../codec/index.ts';
import { encodeFrame, FRAME_TYPE_SASL, type Frame, Performative } from './performatives.ts';

/** What the service offers, in its order: MSSBCBS is what .NET asks for, ANONYMOUS what JavaScript asks for. */
const MECHANISMS = ['MSSBCBS', 'PLAIN', 'ANONYMOUS', 'EXTERNAL'];

const OUTCOME_OK = 0;
const OUTCOME_AUTH = 1;

export function saslMechanismsFrame(): Buffer {
  return encodeFrame(FRAME_TYPE_SASL, 0, Performative.saslMechanisms, [arrayOf('symbol', MECHANISMS)]);
}

export interface SaslResult {
  readonly reply: Buffer;
  readonly isDone: boolean;
  /** What PLAIN has proved; the other mechanisms prove nothing and leave it to put-token. */
  readonly verdict: TokenVerdict | undefined;
}

/** Answers `sasl-init`. */
export function answerSaslInit(frame: Frame, authorizer: Authorizer): SaslResult {
  const mechanism = frame.code === Performative.saslInit ? (frame.fields[0] as string) : undefined;
  if (mechanism === 'PLAIN') {
    const [, keyName, key] = (Buffer.isBuffer(frame.fields[1]) ? frame.fields[1].toString('utf8') : '').split('\0');
    const verdict = authorizer.verifyKey(keyName ?? '', key ?? '');
    return outcome(verdict.accepted, verdict);
  }
  return outcome(mechanism !== undefined && MECHANISMS.includes(mechanism), undefined);
}

function outcome(isDone: boolean, verdict: TokenVerdict | undefined): SaslResult {
  const code = ubyte(isDone ? OUTCOME_OK : OUTCOME_AUTH);
  return { reply: encodeFrame(FRAME_TYPE_SASL, 0, Performative.saslOutcome, [code]), isDone, verdict };
}
