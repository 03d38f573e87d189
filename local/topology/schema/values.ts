import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../duration.ts';
import { type NameRule, whyNameIsRefused } from '../names.ts';

/** What an issue of ours carries beside its message: how to put it right. */
export interface IssueParams {
  readonly remedy: string;
}

export function refuse(context: z.RefinementCtx, message: string, remedy: string): void {
  context.addIssue({ code: 'custom', message, params: { remedy } satisfies IssueParams });
}

export function name(rule: NameRule) {
  return z
    .string()
    .superRefine((value, context) => {
      const problem = whyNameIsRefused(rule, value);
      if (problem !== undefined) refuse(context, `is not ${rule.what}: ${problem}`, `use ${rule.rule}`);
    })
    .meta({ pattern: rule.pattern, minLength: rule.minLength, maxLength: rule.maxLength, description: rule.rule });
}

export interface DurationLimits {
  readonly description: string;
  readonly min?: string;
  readonly max?: string;
}

/** An ISO 8601 duration within the service's limits, both ends allowed. */
export function duration({ description, min, max }: DurationLimits) {
  const minMs = min === undefined ? undefined : parseDuration(min);
  const maxMs = max === undefined ? undefined : parseDuration(max);
  return z
    .string()
    .superRefine((value, context) => {
      const durationMs = parseDuration(value);
      if (durationMs === undefined)
        refuse(context, `"${value}" is not an ISO 8601 duration`, 'write for example "PT30S", "PT5M" or "P14D"');
      else if (minMs !== undefined && durationMs < minMs)
        refuse(context, `${formatDuration(durationMs)} is too short`, `the shortest is ${min}`);
      else if (maxMs !== undefined && durationMs > maxMs)
        refuse(context, `${formatDuration(durationMs)} is too long`, `the longest is ${max}`);
    })
    .meta({ pattern: DURATION_PATTERN, description: `${description} ISO 8601.` });
}

export function wholeNumber(min: number, max: number, description: string) {
  return z.int().min(min).max(max).describe(description);
}

export function flag(description: string) {
  return z.boolean().describe(description);
}

/** Keys are documented development ones or the user's own; Azure's are 44 characters of base64, ours need not be. */
export const authorizationRule = z
  .strictObject({
    name: z.string().min(1),
    rights: z.array(z.enum(['Listen', 'Send', 'Manage'])).min(1),
    primaryKey: z.string().min(1),
    secondaryKey: z.string().min(1).optional(),
  })
  .superRefine((rule, context) => {
    if (rule.rights.includes('Manage') && new Set(rule.rights).size < 3)
      refuse(context, 'the right Manage stands without the other two', 'give it Listen, Send and Manage');
  })
  .describe('A shared access policy: a key and what it may do.');
