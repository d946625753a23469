using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Pools;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Clusters;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Users;

/// <summary>Users: the installation's own, as this API names them.</summary>
internal sealed partial class UserApi(IStore store, IAccounts accounts, ClusterBook clusters, Texts texts)
{
    private static readonly Joi PutShape = new Joi.Fields(
        ("username", Names.Rule),
        ("password", new Joi.Text { MayBeEmpty = true, Least = 6 }),
        ("admin", new Joi.Flag()),
        ("modify", new Joi.Flag { Needed = true }));

    private static readonly Joi RemoveShape = new Joi.Fields(("username", Names.Rule));

    private static readonly Joi ClustersShape = new Joi.Fields(
        ("virtualClusters", new Joi.Text { Needed = true, MayBeEmpty = true, Pattern = ClusterList() }));

    public void Map(OpenPaiDialect.Routes api)
    {
        api.User("GET", "/user", null, List);
        api.User("PUT", "/user", PutShape, Put);
        api.User("DELETE", "/user", RemoveShape, Remove);
        api.User("PUT", "/user/{username}/virtualClusters", ClustersShape, SetClusters);
    }

    private async Task<Reply> List(Call call)
    {
        if (!call.Caller.Admin)
            return Reply.Forbidden(texts.NonAdmin);
        var all = string.Join(',', (await store.PoolsList(call.Stop)).Select(pool => pool.Name));
        var list = new JsonArray();
        for (string? after = null; ;)
        {
            var page = await store.UsersList(after, 500, call.Stop);
            foreach (var user in page)
            {
                list.Add(new JsonObject
                {
                    ["username"] = user.Name,
                    ["admin"] = user.Admin ? "true" : "false",
                    ["virtualCluster"] = user.Admin ? all : string.Join(',', await clusters.Of(user.Id, call.Stop)),
                    ["hasGithubPAT"] = false,
                });
            }

            if (page.Count < 500)
                return new Reply(200, list);
            after = page[^1].Name;
        }
    }

    private async Task<Reply> Put(Call call)
    {
        var (name, password, admin, modify) = (call.Text("username")!, call.Text("password") is { Length: > 0 } text ? text : null, call.Flag("admin"), call.Flag("modify") == true);
        if (!modify && password is null)
            return Reply.Invalid($"child \"password\" fails because [\"password\" is {(call.Text("password") is null ? "required" : "not allowed to be empty")}]");
        if (!call.Caller.Admin && !(name == call.Caller.Name && admin != true && modify))
            return Reply.Forbidden(texts.NonAdmin);
        if (!User.IsName(name))
            return Reply.Invalid("child \"username\" fails because [\"username\" length must be less than or equal to 64 characters long]");
        if (!modify)
        {
            var created = await accounts.Create(name, password!, admin == true, call.Stop);
            return created.Ok(out _, out var refusal) ? Done()
                : refusal.Code == RefusalCode.Conflict ? Reply.Problem(409, "ConflictUserError", $"User name {name} already exists.")
                : Reply.From(refusal);
        }

        if (await store.UserByName(name, call.Stop) is not { User: var user })
            return NoUser(name);
        // A user's own call may say that he is no administrator; it does not make him one, or take the right from him.
        var right = call.Caller.Admin ? admin : null;
        if (right == false && user.Id == call.Caller.UserId)
            return Reply.Forbidden("You cannot take this right from yourself; another administrator can.");
        return await accounts.Change(user, password, right, call.Stop) ? Done() : NoUser(name);
    }

    private async Task<Reply> Remove(Call call)
    {
        var name = call.Text("username")!;
        if (!call.Caller.Admin)
            return Reply.Forbidden(texts.NonAdmin);
        if (await store.UserByName(name, call.Stop) is not { User: var user })
            return NoUser(name);
        if (user.Admin)
            return Reply.Problem(403, "RemoveAdminError", $"Admin {name} is not allowed to remove.");
        return await accounts.Delete(user, call.Stop) ? Reply.Message(200, "remove successfully") : NoUser(name);
    }

    private async Task<Reply> SetClusters(Call call)
    {
        var name = call.Path("username");
        if (!call.Caller.Admin)
            return Reply.Forbidden(Texts.NonAdminOfList);
        if (await store.UserByName(name, call.Stop) is not { User: var user })
            return NoUser(name);
        if (user.Admin)
            return Reply.Forbidden("Admin's virtual clusters cannot be updated.");
        var wanted = call.Text("virtualClusters")!.Split(',', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();
        var known = (await store.PoolsList(call.Stop)).Select(pool => pool.Name).ToHashSet(StringComparer.Ordinal);
        if (wanted.Find(cluster => !known.Contains(cluster)) is { } unknown)
            return Reply.Problem(400, "NoVirtualClusterError", texts.NoClusterOfUser(unknown));
        wanted.Remove(Pool.DefaultName);
        return await store.PoolGrantsSet(user.Id, wanted, call.Stop) ? Reply.Message(201, "update user virtual clusters successfully") : NoUser(name);
    }

    private static Reply Done() => Reply.Message(201, "update successfully");

    private Reply NoUser(string name) => Reply.Problem(404, "NoUserError", texts.NoUser(name));

    [GeneratedRegex("^[A-Za-z0-9_,]+$")]
    private static partial Regex ClusterList();
}
