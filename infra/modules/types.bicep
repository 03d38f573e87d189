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
