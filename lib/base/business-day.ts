// The business date of a moment.

/** As 2018-10-18, in a zone such as America/Sao_Paulo. */
export function dayIn(timeZone: string, at: number): string {
  return daysOf(timeZone)(at);
}

/** The same for who asks often: what reads the zone is made once. */
export function daysOf(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => {
    const parts = format.formatToParts(at);
    const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? '';
    return `${of('year')}-${of('month')}-${of('day')}`;
  };
}
