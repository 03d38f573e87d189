metadata name = 'Function app'
metadata description = 'The Flex Consumption plan and the app on it. Everything it talks to, it talks to by its identity.'

import { appSettingsType, diagnosticsType, tagsType } from 'types.bicep'

@description('Names of the resources.')
param names { plan: string, app: string }

@description('Region.')
param location string

@description('Tags. azd-service-name is added here and must match azure.yaml.')
param tags tagsType

@description('Identity of the app.')
param identity { resourceId: string, clientId: string }

@description('URL of the container of the deployment package.')
param deploymentContainerUrl string

@description('Memory of an instance in MB. More memory brings more processor.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Instances at the most: the upper limit of scale and of cost.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Groups or functions (`http`, `function:<name>`) of which instances are always ready. They are paid for all the time.')
param alwaysReady { name: string, instanceCount: int }[]

@description('App settings: what shared/settings.ts reads and what the host needs. Where telemetry goes is added here.')
param appSettings appSettingsType

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Spreads the instances over the zones of the region.')
param zoneRedundant bool

@description('Subnet that the app joins. Left out: no virtual network.')
param subnetResourceId string?

@description('Where logs go.')
param diagnostics diagnosticsType

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  //#checkov:skip=CKV_AZURE_225: A parameter: false for trying out, true in production.
  name: names.plan
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  //#checkov:skip=CKV_AZURE_222: Open to the network on purpose: customers post orders, and Event Grid calls the webhooks.
  //#checkov:skip=CKV_AZURE_17: Customers have no client certificates; the host's webhooks are guarded by system keys.
  //#checkov:skip=CKV_AZURE_212: Flex Consumption scales from zero on purpose; alwaysReady keeps instances where they are wanted.
  //#checkov:skip=CKV_AZURE_78: Flex Consumption has no FTPS, and its documentation says not to set ftpsState (functions-app-settings, "Flex Consumption plan deprecations").
  //#checkov:skip=CKV_AZURE_213: Flex Consumption replaces instances by itself; a health check would keep one awake.
  name: names.app
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.resourceId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    // Open to the network on purpose: customers post orders, and Event Grid calls the webhooks.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetResourceId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.resourceId
          }
        }
      }
      runtime: {
        name: 'node'
        version: '24'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
  }

  resource settings 'config' = {
    //#checkov:skip=CKV_AZURE_222: These are app settings, not the site's configuration.
    //#checkov:skip=CKV_AZURE_66: These are app settings, not the site's configuration.
    //#checkov:skip=CKV_AZURE_63: These are app settings, not the site's configuration.
    //#checkov:skip=CKV_AZURE_80: These are app settings, not the site's configuration; there is no .NET here.
    //#checkov:skip=CKV_AZURE_13: These are app settings, not the site's configuration.
    //#checkov:skip=CKV_AZURE_88: These are app settings; nothing is kept in files.
    //#checkov:skip=CKV_AZURE_65: These are app settings, not the site's configuration.
    name: 'appsettings'
    properties: union(appSettings, {
      // Names the endpoint and opens nothing: local authentication is off, the app sends by its identity.
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.clientId}'
    })
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource appDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    // No logs: they go to Application Insights already, and would be paid for twice.
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Resource id of the app.')
output resourceId string = app.id

@description('Name of the app.')
output name string = app.name

@description('Where the app answers.')
output url string = 'https://${app.properties.defaultHostName}'
