using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>All that settings are held against before a job or a run is made of them.</summary>
internal sealed class SettingsGate(IStore store, DestinationsApi destinations, Principals principals, DatabricksOptions options)
{
    /// <summary>What is wrong with them, or null.</summary>
    public async Task<Problem?> Problem(JsonObject settings, ApiVersion version, bool submit, Caller caller, CancellationToken stop) =>
        SettingsRules.Check(settings, version, submit, options.RequireCluster, options.GitProtocols)
        ?? await ClusterRules.Unknown(store, settings, options, stop)
        ?? (submit ? null : JobTrigger.Place(settings, options))
        ?? await destinations.Check(settings, stop)
        ?? await RunAs.Check(settings, caller, principals, stop);
}
