/** EventBus's rows, in the catalogue's order. */
export const eventBusContents: readonly string[] = [
  'E-01',
  'E-02',
  'E-03',
  'E-04',
  'E-05',
  'E-06',
  'E-07',
  'E-08',
  'E-09',
  'E-10',
  'E-11',
  'E-12',
];
