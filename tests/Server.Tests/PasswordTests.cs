using System.Text;
using Switchyard.Core.Users;
using Switchyard.Server.Security;

namespace Switchyard.Server.Tests;

/// <summary>Passwords as they are kept.</summary>
public sealed class PasswordTests
{
    /// <summary>What an OpenPAI cluster kept of the password 123456 of its user tokentest.</summary>
    private static readonly string Kept = PasswordHash.Adopt(new ForeignPassword(10_000, Encoding.ASCII.GetBytes("56051a31340a9081d334e35e4ec81424"), Convert.FromHexString(
        "37a3d775bdf3c8bd6ccf494b76d297f6a5ce48e6f9b8526e05efeeb644689768a0e9ff746a6435538b9e7c9039cb139da379e45e7e7e853906fa6a790e094f72")));

    [Fact]
    public void A_hash_of_ours_is_strong_and_one_from_elsewhere_weak()
    {
        var ours = PasswordHash.Make("123456");
        Assert.True(PasswordHash.Check("123456", ours));
        Assert.False(PasswordHash.Check("123457", ours));
        Assert.False(PasswordHash.IsWeak(ours));
        Assert.False(PasswordHash.IsWeak(PasswordHash.Nobody));
        Assert.True(PasswordHash.IsWeak(Kept));
        Assert.True(PasswordHash.Check("123456", Kept));
        Assert.False(PasswordHash.Check("123457", Kept));
        Assert.False(PasswordHash.Check("123456", "nonsense"));
    }
}
