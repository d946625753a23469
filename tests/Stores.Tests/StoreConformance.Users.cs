using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_user_is_kept_once_under_a_name()
    {
        var alice = Make.User("alice", "alice@example.org", admin: true);
        Assert.Equal(alice, (await Store.UserInsert(alice, "hash1", Stop)).Value);
        Assert.Equal(RefusalCode.Conflict, (await Store.UserInsert(Make.User("alice"), "hash2", Stop)).Refusal!.Code);
        Assert.Equal(new UserSecret(alice, "hash1"), await Store.UserByName("alice", Stop));
        Assert.Equal(alice, await Store.UserGet(alice.Id, Stop));
        Assert.Null(await Store.UserByName("bob", Stop));
        Assert.Null(await Store.UserGet(5, Stop));
    }

    [Fact]
    public async Task A_user_changes_by_what_is_given_alone()
    {
        var alice = Make.User("alice", "a@example.org");
        await Store.UserInsert(alice, "hash1", Stop);
        Assert.True(await Store.UserUpdate(alice.Id, null, true, null, Stop));
        Assert.Equal(new UserSecret(alice with { Admin = true }, "hash1"), await Store.UserByName("alice", Stop));
        Assert.True(await Store.UserUpdate(alice.Id, "", false, "hash2", Stop));
        Assert.Equal(new UserSecret(alice with { Email = null }, "hash2"), await Store.UserByName("alice", Stop));
        Assert.True(await Store.UserUpdate(alice.Id, "b@example.org", null, null, Stop));
        Assert.Equal("b@example.org", (await Store.UserGet(alice.Id, Stop))!.Email);
        Assert.False(await Store.UserUpdate(5, "x", null, null, Stop));
    }

    [Fact]
    public async Task Users_come_in_numbers_with_their_pools_and_each_name_once()
    {
        var (alice, bob) = (Make.User("alice"), Make.User("bob", admin: true));
        await Store.UserInsert(alice, "hash1", Stop);
        var answers = await Store.UsersInsert([new(Make.User("alice"), "hash2", ["vc1"]), new(bob, "hash3", ["vc2", "vc1"]), new(Make.User("bob"), "hash4", [])], Stop);
        Assert.Equal([RefusalCode.Conflict, null, RefusalCode.Conflict], answers.Select(answer => answer.Refusal?.Code));
        Assert.Equal(new UserSecret(bob, "hash3"), await Store.UserByName("bob", Stop));
        Assert.Equal(["vc1", "vc2"], await Store.PoolGrantsGet(bob.Id, Stop));
        Assert.Empty(await Store.PoolGrantsGet(alice.Id, Stop));
    }

    [Fact]
    public async Task A_password_hash_is_replaced_only_while_it_is_the_one_that_was_read()
    {
        var alice = Make.User("alice");
        await Store.UserInsert(alice, "old", Stop);
        Assert.True(await Store.UserRehash(alice.Id, "old", "new", Stop));
        Assert.False(await Store.UserRehash(alice.Id, "old", "late", Stop));
        Assert.False(await Store.UserRehash(5, "old", "new", Stop));
        Assert.Equal("new", (await Store.UserByName("alice", Stop))!.PasswordHash);
    }

    [Fact]
    public async Task Users_are_listed_by_name()
    {
        foreach (var name in (string[])["carol", "alice", "bob"])
            await Store.UserInsert(Make.User(name), "hash", Stop);
        Assert.Equal(["alice", "bob"], (await Store.UsersList(null, 2, Stop)).Select(user => user.Name));
        Assert.Equal(["carol"], (await Store.UsersList("bob", 2, Stop)).Select(user => user.Name));
    }

    [Fact]
    public async Task A_token_is_found_by_its_hash_until_it_is_revoked()
    {
        var alice = Make.User("alice");
        await Store.UserInsert(alice, "hash", Stop);
        var token = Make.Token(alice, "laptop") with { ExpiresAt = Make.Noon.AddDays(1) };
        Assert.Equal(token, (await Store.TokenInsert(token, "h1", Stop)).Value);
        Assert.Equal((token, alice), await Store.TokenByHash("h1", Stop));
        Assert.Null(await Store.TokenByHash("h2", Stop));

        await Store.TokensTouch([(token.Id, Make.Noon.AddHours(2)), (token.Id, Make.Noon.AddHours(1))], Stop);
        Assert.Equal(Make.Noon.AddHours(2), (await Store.TokenByHash("h1", Stop))!.Value.Token.LastUsedAt);
        Assert.True(await Store.TokenRevoke(token.Id, Make.Noon.AddHours(3), Stop));
        Assert.False(await Store.TokenRevoke(token.Id, Make.Noon.AddHours(4), Stop));
        Assert.Null(await Store.TokenByHash("h1", Stop));
        Assert.Equal(Make.Noon.AddHours(3), Assert.Single(await Store.TokensList(alice.Id, Stop)).RevokedAt);
    }

    [Fact]
    public async Task A_user_has_one_live_token_of_a_name()
    {
        var (alice, bob) = (Make.User("alice"), Make.User("bob"));
        await Store.UserInsert(alice, "hash", Stop);
        await Store.UserInsert(bob, "hash", Stop);
        var first = Make.Token(alice, "ci");
        await Store.TokenInsert(first, "h1", Stop);
        Assert.Equal(RefusalCode.Conflict, (await Store.TokenInsert(Make.Token(alice, "ci"), "h2", Stop)).Refusal!.Code);
        Assert.Null((await Store.TokenInsert(Make.Token(bob, "ci"), "h3", Stop)).Refusal);
        Assert.Equal(RefusalCode.NotFound, (await Store.TokenInsert(Make.Token(Make.User("nobody"), "ci"), "h4", Stop)).Refusal!.Code);

        await Store.TokenRevoke(first.Id, Make.Noon, Stop);
        var expiring = Make.Token(alice, "ci") with { ExpiresAt = Make.Noon.AddHours(1) };
        Assert.Null((await Store.TokenInsert(expiring, "h5", Stop)).Refusal);
        Assert.Null((await Store.TokenInsert(Make.Token(alice, "ci") with { CreatedAt = Make.Noon.AddHours(2) }, "h6", Stop)).Refusal);
        Assert.Equal(3, (await Store.TokensList(alice.Id, Stop)).Count);
    }

    [Fact]
    public async Task A_deleted_user_takes_the_tokens_along_and_leaves_the_jobs()
    {
        var alice = Make.User("alice");
        await Store.UserInsert(alice, "hash", Stop);
        await Store.TokenInsert(Make.Token(alice, "ci"), "h1", Stop);
        var job = await InsertJob(Make.Job(owner: alice.Id));
        Assert.Equal("alice", (await Store.JobGet(job.Id, Stop))!.OwnerName);

        Assert.True(await Store.UserDelete(alice.Id, Stop));
        Assert.False(await Store.UserDelete(alice.Id, Stop));
        Assert.Null(await Store.TokenByHash("h1", Stop));
        Assert.Empty(await Store.TokensList(alice.Id, Stop));
        Assert.Equal("", (await Store.JobGet(job.Id, Stop))!.OwnerName);
    }

    [Fact]
    public async Task A_setting_keeps_its_first_value()
    {
        Assert.Null(await Store.SettingGet("key", Stop));
        Assert.Equal("one", await Store.SettingPutIfAbsent("key", "one", Stop));
        Assert.Equal("one", await Store.SettingPutIfAbsent("key", "two", Stop));
        Assert.Equal("one", await Store.SettingGet("key", Stop));
    }
}
