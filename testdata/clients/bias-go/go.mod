module localcheckout.test/biaswalk

go 1.26
