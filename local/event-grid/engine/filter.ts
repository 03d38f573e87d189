import { compileAdvancedFilter, type EventTest } from './advanced-filters.ts';
import type { EventFilter } from './definitions.ts';
import { eventTypeOf, subjectOf } from './events.ts';

/** Compiles a subscription's filter once: event types, subject and advanced filters must all match. */
export function compileFilter(filter: EventFilter): EventTest {
  const tests: EventTest[] = [];
  if (filter.includedEventTypes && filter.includedEventTypes.length > 0) {
    // Undocumented: event types are compared without regard to letter case, as every other text here is by default.
    const types = new Set(filter.includedEventTypes.map((type) => type.toLowerCase()));
    tests.push((event) => types.has(eventTypeOf(event).toLowerCase()));
  }
  if (filter.subjectBeginsWith !== '' || filter.subjectEndsWith !== '') {
    const fold = filter.isSubjectCaseSensitive ? (text: string) => text : (text: string) => text.toLowerCase();
    const start = fold(filter.subjectBeginsWith);
    const end = fold(filter.subjectEndsWith);
    tests.push((event) => {
      const subject = fold(subjectOf(event) ?? '');
      return subject.startsWith(start) && subject.endsWith(end);
    });
  }
  for (const advanced of filter.advancedFilters)
    tests.push(compileAdvancedFilter(advanced, filter.enableAdvancedFilteringOnArrays));
  return (event) => tests.every((test) => test(event));
}
