using 'main.bicep'

// For trying it out: the smallest tiers, nothing in a network. azd fills in what stands in the environment.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param serviceBusTier = 'Standard'
param storageSkuName = 'Standard_LRS'
param monthlyBudget = 50
param budgetStartDate = readEnvironmentVariable('BUDGET_START_DATE', '')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param operatorPrincipalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')
