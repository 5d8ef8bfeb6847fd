/** What is counted of devices that leave bodies: worlds in which little of it happens prove little. */
export const ON_DEMAND = {
  opened: 'a content is fetched because somebody opens it',
  refused: 'a content cannot be fetched',
  unread: 'a content is removed unread',
  left: 'a content is left to the end',
} as const;
