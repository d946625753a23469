namespace Switchyard.Dialects.OpenPai.Wire;

/// <summary>The rows where the document and the real server say different things: each in one place, in both wordings.</summary>
internal sealed class Texts(Compatibility compatibility)
{
    public bool IsServer { get; } = compatibility == Compatibility.Server;

    public string WrongPasswordCode => IsServer ? "IncorrectPasswordError" : "IncorrectPassworkError";

    public string NonAdmin => IsServer ? "Non-admin is not allowed to do this operation." : NonAdminOfList;

    /// <summary>The one call where the document's text is the server's too.</summary>
    public static string NonAdminOfList => "Non-admin is not allow to do this operation.";

    public string NoUser(string name) => IsServer ? $"User {name} not found." : $"User {name} is not found.";

    public string NoClusterOfUser(string name) => IsServer ? $"Virtual cluster {name} not found." : $"Virtual cluster {name} is not found.";

    public int NoClusterAtSubmit => IsServer ? 404 : 400;

    public string ClusterForbidden(string user, string name) =>
        IsServer ? $"User {user} is not allowed to do operation in {name}" : $"User {user} is not allowed to add job to {name}";

    public string JobExists(string name) => IsServer ? $"Job name {name} already exists" : $"Job name {name} already exists.";

    public int Executed => IsServer ? 202 : 200;

    public string NoCluster(string name) => IsServer ? $"Vc {name} not found" : $"Virtual cluster {name} is not found.";

    public string ClusterUpdated(string name, long capacity) =>
        IsServer ? $"update vc: {name} to capacity: {capacity} successfully" : $"Update vc: {name} to capacity: {capacity} successfully.";

    public string DefaultUpdate => IsServer ? "Update operation to default vc isn't allowed" : "Don't allow to update default vc";

    public string DefaultRemove => IsServer ? "Update operation to default vc isn't allowed" : "Don't allow to remove default vc.";

    public string NoQuota => IsServer ? "No enough quota" : "No enough quota in default vc.";

    public string ClusterRemoved(string name) => IsServer ? $"remove vc: {name} successfully" : $"Remove vc: {name} successfully.";

    public string NoClusterToRemove(string name) => IsServer ? $"Can't delete a nonexistent vc {name}" : $"Virtual cluster {name} is not found.";

    public string StatusChanged(string name, string status) =>
        !IsServer ? $"Update vc: {name} to status: {status} successfully."
        : status == "stopped" ? $"stop vc {name} successfully" : $"active vc {name} successfully";

    public string NoClusterForStatus(string name, string status) =>
        !IsServer ? $"Virtual cluster {name} is not found."
        : status == "stopped" ? $"Vc {name} not found, can't stop" : $"Vc {name} not found, can't active";
}
