metadata name = 'Types'
metadata description = 'Types that more than one module takes, in the words of the Azure Verified Modules.'

@export()
@description('A role that somebody gets, and why. It is known before the deployment starts, so that what-if can show it.')
type roleAssignmentType = {
  @description('Who: the key in `principals`.')
  principal: string

  @description('Part of the name of the assignment. It changes when the identity does, for the principal of an assignment cannot be changed.')
  key: string

  @description('Name of a built-in role in role-definitions.json.')
  role: string

  @description('The entity (queue, topic, container, hub) to which the role is limited. Left out: the whole service.')
  entity: string?

  @description('What needs it. Becomes the description of the assignment.')
  reason: string
}

@export()
@description('A role that the identity of an Event Grid topic gets on what it writes to, and why.')
type deliveryRoleType = {
  @description('The service that has the entity.')
  service: 'serviceBus' | 'storage'

  @description('The queue or container.')
  entity: string

  @description('Name of a built-in role in role-definitions.json.')
  role: string

  @description('What needs it. Becomes the description of the assignment.')
  reason: string
}

@export()
@description('The identities behind the keys of role assignments. Known only while the deployment runs.')
type principalsType = {
  @description('By key.')
  *: {
    @description('Object id of the identity.')
    principalId: string

    @description('The kind of identity. A new identity is found at once only if this is said.')
    principalType: 'ServicePrincipal' | 'User' | 'Group'
  }
}

@export()
@description('Where the diagnostic logs and metrics of a resource go.')
type diagnosticsType = {
  @description('Resource id of the Log Analytics workspace.')
  workspaceResourceId: string
}

@export()
@description('The private way into a service.')
type privateNetworkType = {
  @description('Resource id of the subnet for private endpoints.')
  subnetResourceId: string

  @description('Resource ids of the private DNS zones, by what they are for.')
  dnsZones: {
    blob: string
    queue: string
    table: string
    serviceBus: string
    eventGrid: string
  }
}

@export()
@description('A lock keeps what holds data from being deleted. `None`: no lock.')
type lockKindType = 'CanNotDelete' | 'None'

@export()
@description('Tags of a resource.')
type tagsType = {
  @description('Value, by name.')
  *: string
}

@export()
@description('App settings.')
type appSettingsType = {
  @description('Value, by name.')
  *: string
}

// The parts of topology.json, as far as the modules read them. What else an entity has is ARM's, and is passed through.

@description('An entity of which its name is enough.')
type namedType = {
  @description('Name of the entity.')
  name: string
}

@export()
@description('The storage part of topology.json.')
type storageTopologyType = {
  @description('Containers of blobs.')
  containers: namedType[]

  @description('Queues, with their poison queues.')
  queues: namedType[]

  @description('Tables.')
  tables: namedType[]
}

@export()
@description('The Service Bus part of topology.json.')
type serviceBusTopologyType = {
  @description('Queues. Every other property goes to ARM as it is.')
  queues: namedType[]

  @description('Topics. Every other property goes to ARM as it is.')
  topics: serviceBusTopicType[]
}

@description('A topic with its subscriptions and their rules.')
type serviceBusTopicType = {
  @description('Name of the topic.')
  name: string

  @description('Subscriptions. Every other property goes to ARM as it is.')
  subscriptions: {
    @description('Name of the subscription.')
    name: string

    @description('What it lets through. Left out: everything.')
    rules: (namedType[])?
  }[]
}

@export()
@description('The Event Hubs part of topology.json.')
type eventHubsTopologyType = {
  @description('Hubs.')
  hubs: eventHubType[]
}

@description('An event hub with its consumer groups, and what is captured of it.')
type eventHubType = {
  @description('Name of the hub.')
  name: string

  @description('Partitions: how many readers of a consumer group can work at the same time. It cannot be changed on the Standard tier.')
  partitionCount: int

  @description('Days for which events are kept.')
  messageRetentionInDays: int

  @description('Consumer groups beside $Default.')
  consumerGroups: namedType[]

  @description('Capture into a container. Left out: none.')
  captureDescription: {
    @description('Whether events are captured.')
    enabled: bool

    @description('Seconds after which a file is written at the latest.')
    @minValue(60)
    @maxValue(900)
    intervalInSeconds: int

    @description('Bytes after which a file is written.')
    @minValue(10485760)
    @maxValue(524288000)
    sizeLimitInBytes: int?

    @description('Container of the files.')
    container: string
  }?
}

@export()
@description('The Event Grid part of topology.json.')
type eventGridTopologyType = {
  @description('Custom topics.')
  topics: customTopicType[]

  @description('System topics: what a service says by itself.')
  systemTopics: systemTopicType[]
}

@description('A custom topic with its event subscriptions.')
type customTopicType = {
  @description('Name in the declaration.')
  name: string

  @description('Form of the events that are published.')
  inputSchema: 'CloudEventSchemaV1_0' | 'EventGridSchema'

  @description('Event subscriptions.')
  eventSubscriptions: eventSubscriptionType[]
}

@description('A system topic with its event subscriptions.')
type systemTopicType = {
  @description('Name in the declaration.')
  name: string

  @description('Which service it is a topic of.')
  topicType: 'Microsoft.Storage.StorageAccounts' | 'Microsoft.ServiceBus.Namespaces' | 'Microsoft.EventHub.Namespaces'

  @description('Event subscriptions.')
  eventSubscriptions: eventSubscriptionType[]
}

@description('An event subscription.')
type eventSubscriptionType = {
  @description('Name of the subscription.')
  name: string

  @description('Where the events go.')
  destination: {
    @description('Kind of destination, as ARM spells it.')
    endpointType: string

    @description('Name of the function or of the entity.')
    name: string
  }

  @description('Form of the events that are delivered. Left out: that of the topic.')
  eventDeliverySchema: ('CloudEventSchemaV1_0' | 'EventGridSchema')?

  @description('Which events; ARM\'s object. Left out: all.')
  filter: {
    @description('Types of events. Left out: all.')
    includedEventTypes: string[]?
  }?

  @description('How often and how long it is tried. Left out: 30 times, a day.')
  retryPolicy: {
    @description('Attempts at the most.')
    maxDeliveryAttempts: int?

    @description('Minutes after which it is given up.')
    eventTimeToLiveInMinutes: int?
  }?

  @description('Where an event goes that could not be delivered. Left out: nowhere.')
  deadLetterDestination: {
    @description('Container of the dead letters.')
    container: string
  }?
}
